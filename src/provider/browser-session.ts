// Who is signed in in a browser, for pages that are not the engine's.
import type Koa from 'koa';
import type { Provider, Session } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { keepOnlySessionId } from '../protocol-store/session-rows.ts';
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

interface Parts extends StoreDeps {
  readonly provider: () => Provider;
  readonly config: Pick<Config, 'issuer'>;
}

export const browserSessions = (parts: Parts) => ({
  browserSession: browserSession(parts),
  renewSession: renewSession(parts),
});

/** The session that the browser has now; undefined if nobody is signed in there. */
export async function findSession(provider: Provider, ctx: Koa.Context): Promise<Session | undefined> {
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res) as never);
  return session.accountId === undefined ? undefined : session;
}

const browserSession =
  ({ provider }: Pick<Parts, 'provider'>) =>
  async (ctx: Koa.Context): Promise<BrowserSession | undefined> => {
    const session = await findSession(provider(), ctx);
    if (session?.accountId === undefined || session.loginTs === undefined) return undefined;
    const { uid, accountId, loginTs, acr, amr } = session;
    return { uid, accountId, authTime: loginTs, acr: acr !== undefined && isAcr(acr) ? acr : 'pwd', amr: amr ?? [] };
  };

/**
 * A new identifier for the session of this browser: whoever has copied the cookie is out at once, not after the moment for
 * which a replaced identifier is usually good.
 */
const renewSession =
  ({ provider, config, ...deps }: Parts) =>
  async (ctx: Koa.Context): Promise<void> => {
    const session = await findSession(provider(), ctx);
    if (session?.exp === undefined) return;
    session.resetIdentifier();
    await session.persist();
    await keepOnlySessionId(deps, { uid: session.uid, id: session.jti });
    const { name, options } = sessionCookie(config);
    // As the engine does it: a session that is not kept ends with the browser.
    const expires = session.transient === true ? undefined : new Date(session.exp * 1000);
    ctx.cookies.set(name, session.jti, { ...options, expires });
  };

/** The browser forgets its session; whoever calls has ended it. */
export function forgetSessionCookie(config: Pick<Config, 'issuer'>, ctx: Koa.Context): void {
  const { name, options } = sessionCookie(config);
  ctx.cookies.set(name, null, options);
}
