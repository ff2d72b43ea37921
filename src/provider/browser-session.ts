// Who is signed in in a browser, for pages that are not the engine's.
import type Koa from 'koa';
import type { Provider, Session } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import { sessionCookie } from './cookies.ts';
import { type Acr, isAcr } from './step-up/acr.ts';

export interface BrowserSession {
  /** Stays the same when the cookie's value changes. */
  readonly uid: string;
  readonly accountId: string;
  /** Seconds since the epoch at which the person last proved who they are. */
  readonly authTime: number;
  readonly acr: Acr;
  readonly amr: readonly string[];
}

/** The session that the browser has now; undefined if nobody is signed in there. */
export async function findSession(provider: Provider, ctx: Koa.Context): Promise<Session | undefined> {
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res) as never);
  return session.accountId === undefined ? undefined : session;
}

export const browserSession =
  (provider: () => Provider) =>
  async (ctx: Koa.Context): Promise<BrowserSession | undefined> => {
    const session = await findSession(provider(), ctx);
    if (session?.accountId === undefined || session.loginTs === undefined) return undefined;
    const { uid, accountId, loginTs, acr, amr } = session;
    return { uid, accountId, authTime: loginTs, acr: acr !== undefined && isAcr(acr) ? acr : 'pwd', amr: amr ?? [] };
  };

/** The browser forgets its session; whoever calls has ended it. */
export function forgetSessionCookie(config: Pick<Config, 'issuer'>, ctx: Koa.Context): void {
  const { name, options } = sessionCookie(config);
  ctx.cookies.set(name, null, options);
}
