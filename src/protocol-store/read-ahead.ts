// What the engine is about to ask for in the same request, read in the statement before: the grant and the session that a
// token depends on. Each is told once. Whoever takes a lock (locks.ts) wants it as it is by then: nothing read before counts.
import { Provider } from 'oidc-provider';
import type { Payload } from './payloads.ts';
import type { SessionRow } from './session-state.ts';

interface ReadAhead {
  readonly grants: Map<string, Payload | undefined>;
  readonly sessions: Map<string, readonly SessionRow[]>;
}

const byRequest = new WeakMap<object, ReadAhead>();

export interface Known {
  /** By the identifier of the grant; undefined where it does not stand. */
  readonly grant?: { readonly id: string; readonly payload: Payload | undefined } | undefined;
  readonly session?: { readonly uid: string; readonly rows: readonly SessionRow[] } | undefined;
}

/** Outside of a request of the engine nothing is kept. */
export function keepForRequest({ grant, session }: Known): void {
  const { ctx } = Provider;
  if (ctx === undefined) return;
  const known = byRequest.get(ctx) ?? { grants: new Map(), sessions: new Map() };
  byRequest.set(ctx, known);
  if (grant !== undefined) known.grants.set(grant.id, grant.payload);
  if (session !== undefined) known.sessions.set(session.uid, session.rows);
}

/** Undefined where it has not been read; `payload` undefined where it does not stand. */
export function takeGrant(id: string): { readonly payload: Payload | undefined } | undefined {
  const grants = ofRequest()?.grants;
  if (grants?.has(id) !== true) return undefined;
  const payload = grants.get(id);
  grants.delete(id);
  return { payload };
}

export function takeSessionRows(uid: string): readonly SessionRow[] | undefined {
  const sessions = ofRequest()?.sessions;
  const rows = sessions?.get(uid);
  sessions?.delete(uid);
  return rows;
}

export function forgetReadAhead(): void {
  const { ctx } = Provider;
  if (ctx !== undefined) byRequest.delete(ctx);
}

const ofRequest = (): ReadAhead | undefined => (Provider.ctx === undefined ? undefined : byRequest.get(Provider.ctx));
