// The engine's storage contract without the engine: adapters on a database of their own, and things to put into them.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { epochSeconds } from '../../src/clock.ts';
import { createAdapterFactory } from '../../src/protocol-store/adapter.ts';
import type { StoreDeps } from '../../src/protocol-store/payloads.ts';
import { type DatabaseKind, type OpenTestDatabase, openTestDatabase } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';

export interface Store {
  readonly database: OpenTestDatabase;
  readonly deps: StoreDeps;
  adapter(model: string): Adapter;
}

export async function openStore(kind: DatabaseKind): Promise<Store> {
  const database = await openTestDatabase(kind);
  const deps = { db: database.db, clock: movingClock };
  return { database, deps, adapter: adaptersOn(deps) };
}

/** `request`: the one in which a sign-in becomes a session. */
export const adaptersOn = (deps: StoreDeps, request?: object): ((model: string) => Adapter) =>
  createAdapterFactory({
    ...deps,
    sessionSaved: async () => undefined,
    sessionEnd: () => Number.POSITIVE_INFINITY,
    findClientMetadata: (clientId) => (clientId === 'known' ? { client_id: 'known' } : undefined),
    readAccessToken: async (kind, token) => (token === 'a.good.token' ? { kind, jti: 'one' } : undefined),
    isRevokingAccessToken: () => false,
    resuming: () => request && { request, signsIn: true },
  });

export const newId = (): string => crypto.randomUUID();

export const now = (): number => epochSeconds(movingClock.now());

/** As the engine fills it in. */
export const payloadOf = (kind: string, jti: string, more: object = {}, seconds = 3600): AdapterPayload =>
  ({ kind, jti, iat: now(), exp: now() + seconds, ...more }) as AdapterPayload;

export async function saveGrant({ adapter }: Store, more: object = {}, seconds = 3600): Promise<string> {
  const id = newId();
  const payload = payloadOf('Grant', id, { accountId: 'jane', clientId: 'web', ...more }, seconds);
  await adapter('Grant').upsert(id, payload, seconds);
  return id;
}

export async function saveToken(
  { adapter }: Store,
  { model, grantId, accountId = 'jane' }: { model: string; grantId: string; accountId?: string },
): Promise<string> {
  const id = newId();
  await adapter(model).upsert(id, payloadOf(model, id, { accountId, clientId: 'web', grantId }), 3600);
  return id;
}
