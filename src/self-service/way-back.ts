// Where somebody was going when they found that the password was forgotten: kept by this browser, sealed.
import type Koa from 'koa';
import { z } from 'zod';
import { RESET_PATH } from '../credentials/links.ts';
import { SealBroken } from '../crypto/sealed-box.ts';
import { newSecretToken } from '../crypto/secret-token.ts';
import type { SelfServiceDeps } from './deps.ts';

const wayBack = z.object({
  /** What only this browser presents again: the binding of its form. */
  id: z.string(),
  /** The sign-in that is waiting. */
  signIn: z.object({ uid: z.string(), clientId: z.string() }).optional(),
});

export type WayBack = z.infer<typeof wayBack>;

/** Part of what is sealed: a text from another place opens nothing here. */
const PLACE = 'self_service.way_back';

/** Milliseconds: a sign-in waits for half an hour, and so does nobody longer for the mail. */
const LIFETIME_MS = 30 * 60_000;

type CookieDeps = Pick<SelfServiceDeps, 'config' | 'box' | 'clients'>;

const nameAt = (ctx: Koa.Context): string => `${ctx.secure ? '__Secure-' : ''}gatehouse_way_back`;

/** The one that the address names; else the one that this browser has; else a new one that leads nowhere. */
export function beginWayBack(deps: CookieDeps, ctx: Koa.Context): WayBack {
  const named = signInAsked(deps, ctx);
  const kept = readWayBack(deps, ctx);
  if (kept !== undefined && (named === undefined || named.uid === kept.signIn?.uid)) return kept;
  const begun: WayBack = { id: newSecretToken(), signIn: named };
  const attributes = { path: RESET_PATH, httpOnly: true, sameSite: 'lax', secure: ctx.secure } as const;
  const sealed = deps.box.seal(JSON.stringify(begun), PLACE);
  ctx.cookies.set(nameAt(ctx), sealed, { ...attributes, signed: false, overwrite: true, maxAge: LIFETIME_MS });
  return begun;
}

/** Undefined for who has none, or one that is not of our making. */
export function readWayBack({ box }: CookieDeps, ctx: Koa.Context): WayBack | undefined {
  const sealed = ctx.cookies.get(nameAt(ctx), { signed: false });
  if (sealed === undefined) return undefined;
  try {
    return wayBack.parse(JSON.parse(box.open(sealed, PLACE)));
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

/** The page of that sign-in; it says itself when it has ended, and how to get back to the app. */
export const addressOfSignIn = ({ uid, clientId }: NonNullable<WayBack['signIn']>): string =>
  `/interaction/${uid}?${new URLSearchParams({ client: clientId })}`;

/** Only an identifier of the engine's making and an app that there is. */
const UID = /^[A-Za-z0-9_-]{20,64}$/;

function signInAsked({ clients }: CookieDeps, ctx: Koa.Context): WayBack['signIn'] {
  const { interaction: uid, client: clientId } = ctx.query;
  if (typeof uid !== 'string' || !UID.test(uid) || typeof clientId !== 'string') return undefined;
  return clients().has(clientId) ? { uid, clientId } : undefined;
}
