// When the engine saves a session, the request that it answers tells from where the session is used. Where it gives an app a
// code as well, both are noted in one statement, once it has done so.
import type Koa from 'koa';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { sourceOf } from '../../http/request-source.ts';
import { noteAppSignIn } from '../../sessions/app-sign-ins.ts';
import { noteSavedSession } from '../../sessions/begin-session.ts';
import type { SessionUse } from '../../sessions/session-details.ts';
import type { ProviderDeps } from '../provider.ts';

type Saved = Omit<SessionUse, 'source'>;

/** By request: the session that waits to be noted. */
const waiting = new WeakMap<object, SessionUse>();

export const noteSavedSessions =
  (deps: ProviderDeps) =>
  async (session: Saved): Promise<void> => {
    const { ctx } = Provider;
    const use = { ...session, source: ctx === undefined ? undefined : sourceOf(ctx) };
    if (ctx !== undefined && givesCodes(ctx.oidc.route)) waiting.set(ctx, use);
    else await noteSavedSession({ ...deps, limits: deps.config.sessions }, use);
  };

/** Keeps when somebody signed in at an app: whenever it is given a code, also where nobody was asked anything. */
export const keepAppSignIns =
  (deps: ProviderDeps) =>
  async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
    try {
      await next();
    } finally {
      await noteSignIn(deps, ctx);
    }
  };

async function noteSignIn(deps: ProviderDeps, ctx: Koa.Context): Promise<void> {
  const { route, entities } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
  const code = givesCodes(route) ? entities?.AuthorizationCode : undefined;
  const use = waiting.get(ctx);
  waiting.delete(ctx);
  const { accountId, clientId } = code ?? {};
  if (use !== undefined) {
    await noteSavedSession(
      { ...deps, limits: deps.config.sessions },
      use,
      use.accountId === accountId ? clientId : undefined,
    );
  } else if (accountId !== undefined && clientId !== undefined) await noteAppSignIn(deps, { accountId, clientId });
}

const givesCodes = (route: string | undefined): boolean => route === 'authorization' || route === 'resume';
