// The engine's storage contract on our table (engine: Adapter interface of oidc-provider 9).
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import { atomically } from '../database/atomically.ts';
import { upsertGrant } from './grant-rows.ts';
import { destroyInteraction, findInteraction, upsertInteraction } from './interaction-rows.ts';
import {
  buryGrant,
  consumePayload,
  deletePayload,
  deletePayloadsOfGrant,
  findPayload,
  insertPayloadOnce,
  type Payload,
  revokeGrant,
  type StoreDeps,
  upsertPayload,
} from './payloads.ts';
import { takeGrant } from './read-ahead.ts';
import { markRevoked } from './revoked-tokens.ts';
import {
  beginSession,
  findSession,
  findSessionByUid,
  replaceSessionId,
  type SessionDeps,
  upsertSession,
} from './session-rows.ts';
import { findToken } from './tokens-with-grants.ts';

export interface AdapterDeps extends SessionDeps {
  /** Told after somebody's session was saved, which is when it begins and whenever the browser brings it. */
  readonly sessionSaved: (session: { uid: string; accountId: string; expiresInSeconds: number }) => Promise<void>;
  /** Client metadata by client_id; answered from the client files, never from the database. */
  readonly findClientMetadata: (clientId: string) => Payload | undefined;
  /** The claims of a JWT access token of ours as the engine would have stored an opaque one, or undefined. */
  readonly readAccessToken: (kind: 'AccessToken' | 'ClientCredentials', token: string) => Promise<Payload | undefined>;
  /** Whether the request revokes one access token, which leaves the rest of its grant alone (RFC 7009 section 2.1). */
  readonly isRevokingAccessToken: () => boolean;
  /** The request that is being answered, if it is one in which a sign-in can become a session. */
  readonly resuming: () => Resuming | undefined;
}

export interface Resuming {
  /** The same for the whole of the request. */
  readonly request: object;
  /** Whether the interaction that it goes on from signs somebody in. */
  readonly signsIn: boolean;
}

/** Thrown when an identifier that may be used once (a DPoP proof, a client assertion) comes a second time. */
export class IdentifierReplayed extends Error {
  override readonly name = 'IdentifierReplayed';
}

/** By request: the interaction that ends where its session is saved. */
type Finishing = WeakMap<object, string>;

export const createAdapterFactory =
  (deps: AdapterDeps, finishing: Finishing = new WeakMap()) =>
  (model: string): Adapter => {
    switch (model) {
      case 'Session':
        return { ...plainAdapter(deps, model), ...sessionAdapter(deps, finishing) };
      case 'Grant':
        return { ...plainAdapter(deps, model), ...grantAdapter(deps) };
      case 'Client':
        return { ...plainAdapter(deps, model), find: async (id) => deps.findClientMetadata(id) };
      case 'AccessToken':
      case 'ClientCredentials':
        return { ...plainAdapter(deps, model), ...accessTokenAdapter(deps, model) };
      case 'RefreshToken':
      case 'AuthorizationCode':
        return {
          ...plainAdapter(deps, model),
          find: findWithGrant(deps, model),
          revokeByGrantId: revokeUnlessOneToken(deps, model),
        };
      case 'Interaction':
        return { ...plainAdapter(deps, model), ...interactionAdapter(deps, finishing) };
      case 'ReplayDetection':
        return { ...plainAdapter(deps, model), upsert: upsertOnce(deps, model) };
      default:
        return plainAdapter(deps, model);
    }
  };

function plainAdapter(deps: StoreDeps, model: string): Adapter {
  return {
    async upsert(id, payload, expiresIn) {
      await upsertPayload(deps, { model, id, payload: storable(payload), expiresInSeconds: seconds(model, expiresIn) });
    },
    async find(id) {
      const payload = id.includes('\0') ? undefined : await findPayload(deps, model, id);
      return payload === undefined ? undefined : { ...payload, jti: id };
    },
    async findByUid() {
      throw new Error(`${model} has no uid`);
    },
    async findByUserCode() {
      throw new Error('the device flow is off');
    },
    async consume(id) {
      const spending = await consumePayload(deps, model, id);
      if (spending.outcome === 'spent') return;
      // Somebody else has just spent it: a replay. RFC 9700 sections 4.2.4 and 4.14.2 want the whole grant revoked.
      if (spending.grantId !== undefined) await revokeGrant(deps, spending.grantId);
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was already used')
        : new errors.InvalidGrant(`${model} was already used`);
    },
    async destroy(id) {
      await deletePayload(deps, model, id);
    },
    async revokeByGrantId(grantId) {
      await deletePayloadsOfGrant(deps, model, grantId);
    },
  };
}

const sessionAdapter = (
  deps: AdapterDeps,
  finishing: Finishing,
): Pick<Adapter, 'upsert' | 'find' | 'findByUid' | 'destroy'> => ({
  async upsert(id, payload, expiresIn) {
    const expiresInSeconds = seconds('Session', expiresIn);
    const session = { id, payload: storable(payload), expiresInSeconds, isNew: isNewSession(payload) };
    const outcome = await saveSession(deps, finishing, session);
    const { uid, accountId } = payload;
    if (outcome === 'ended' || uid === undefined || accountId === undefined) return;
    await deps.sessionSaved({ uid, accountId, expiresInSeconds });
  },
  find: (id) => findSession(deps, id, appAsking(deps)),
  findByUid: (uid) => findSessionByUid(deps, uid),
  // The engine calls this when it gives a session a new identifier. Ending one is endSession (sessions/).
  destroy: (id) => replaceSessionId(deps, id),
});

/** Made by this very request: the types leave the mark out. */
function isNewSession({ uid }: AdapterPayload): boolean {
  const session = Provider.ctx?.oidc.session as { readonly uid?: string; readonly new?: boolean } | undefined;
  return session?.new === true && session.uid === uid;
}

/** Of an authorization request that names a client of ours. */
function appAsking({ findClientMetadata }: AdapterDeps): string | undefined {
  const clientId = Provider.ctx?.query['client_id'];
  return typeof clientId === 'string' && findClientMetadata(clientId) !== undefined ? clientId : undefined;
}

/**
 * What ends with it, in one transaction: whoever ends everything of the account meanwhile either finds the session, or has
 * ended the sign-in, which then brings none.
 */
async function saveSession(
  deps: AdapterDeps,
  finishing: Finishing,
  session: { id: string; payload: Payload; expiresInSeconds: number; isNew: boolean },
): Promise<'saved' | 'ended'> {
  const resuming = deps.resuming();
  const interaction = resuming && finishing.get(resuming.request);
  if (resuming === undefined || interaction === undefined) return upsertSession(deps, session.id, session);
  const hasEnded = () => new errors.LoginRequired('the sign-in has ended');
  const outcome = await atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    if (session.isNew) {
      if (await beginSession(inside, interaction, session)) return 'saved';
      throw hasEnded();
    }
    if (!(await destroyInteraction(inside, interaction))) throw hasEnded();
    return upsertSession(inside, session.id, session);
  });
  // Not before: an engine that has failed to save a session tries once more.
  finishing.delete(resuming.request);
  return outcome;
}

/** As the engine makes them: a JWT, which introspection asks for as well, is none. */
const IDENTIFIER = /^[\w-]+$/;

const findWithGrant =
  (deps: AdapterDeps, model: 'AuthorizationCode' | 'RefreshToken'): Adapter['find'] =>
  async (id) => {
    const payload = IDENTIFIER.test(id) ? await findToken(deps, model, id) : undefined;
    return payload === undefined ? undefined : { ...payload, jti: id };
  };

const grantAdapter = (deps: StoreDeps): Pick<Adapter, 'upsert' | 'find' | 'destroy'> => ({
  async upsert(id, payload, expiresIn) {
    await upsertGrant(deps, id, { payload: storable(payload), expiresInSeconds: seconds('Grant', expiresIn) });
  },
  async find(id) {
    const { payload } = takeGrant(id) ?? {
      payload: id.includes('\0') ? undefined : await findPayload(deps, 'Grant', id),
    };
    return payload === undefined ? undefined : { ...payload, jti: id };
  },
  destroy: (id) => buryGrant(deps, id),
});

const interactionAdapter = (deps: AdapterDeps, finishing: Finishing): Pick<Adapter, 'upsert' | 'find' | 'destroy'> => ({
  async upsert(id, payload, expiresIn) {
    const expiresInSeconds = seconds('Interaction', expiresIn);
    await upsertInteraction(deps, id, { payload: storable(payload), expiresInSeconds });
  },
  find: (id) => findInteraction(deps, id),
  async destroy(id) {
    const resuming = deps.resuming();
    if (resuming?.signsIn === true) finishing.set(resuming.request, id);
    else await destroyInteraction(deps, id);
  },
});

/** They are JWTs: there are no rows to find or to take away, and a revoked one is written down instead. */
const accessTokenAdapter = (
  deps: AdapterDeps,
  kind: 'AccessToken' | 'ClientCredentials',
): Pick<Adapter, 'find' | 'destroy' | 'revokeByGrantId'> => ({
  find: (token) => deps.readAccessToken(kind, token),
  destroy: (jti) => markRevoked(deps, jti),
  // They end with the grant, which the reader looks up.
  revokeByGrantId: async () => undefined,
});

/** The engine would take the refresh tokens of the grant along when an app revokes one access token. */
const revokeUnlessOneToken =
  (deps: AdapterDeps, model: string): Adapter['revokeByGrantId'] =>
  async (grantId) => {
    if (!deps.isRevokingAccessToken()) await deletePayloadsOfGrant(deps, model, grantId);
  };

function upsertOnce(deps: StoreDeps, model: string): Adapter['upsert'] {
  return async (id, payload, expiresIn) => {
    const row = { model, id, payload: storable(payload), expiresInSeconds: seconds(model, expiresIn) };
    if (!(await insertPayloadOnce(deps, row))) throw new IdentifierReplayed(model);
  };
}

/**
 * Anybody may push a request, and every visit that names it makes a row that holds it. A request in an address is
 * limited by the 16 kB that Node takes of headers.
 */
const MAX_CHARACTERS = 24_000;
/** What a stranger can make long. A session or a grant grows with the apps of a person who has signed in to them. */
const MADE_BY_STRANGERS: ReadonlySet<string> = new Set(['Interaction', 'PushedAuthorizationRequest']);

/** U+0000 as JSON has it; behind an escaped backslash the same characters are just text. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** A pushed request is kept as an unsigned JWT; what is in it is stored once more when somebody comes with it. */
const claimsOf = (jwt: unknown): string =>
  typeof jwt === 'string' ? Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8') : '';

/** PostgreSQL cannot store U+0000 in text; a request that carries one is wrong, not the server. */
function storable(payload: AdapterPayload): Payload {
  const text = JSON.stringify(payload);
  if (NUL.test(text) || NUL.test(claimsOf(payload['request']))) {
    throw new errors.InvalidRequest('the request contains a NUL character');
  }
  if (text.length > MAX_CHARACTERS && MADE_BY_STRANGERS.has(String(payload.kind))) {
    throw new errors.InvalidRequest('the request is too long');
  }
  return { ...payload };
}

function seconds(model: string, expiresIn: number | undefined): number {
  if (expiresIn === undefined) throw new Error(`${model} was saved without a lifetime; set one in token-lifetimes.ts`);
  return expiresIn;
}
