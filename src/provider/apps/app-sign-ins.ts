// Keeps when somebody signed in at an app: whenever it is given a code, also where nobody was asked anything.
import type Koa from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { StoreDeps } from '../../protocol-store/payloads.ts';
import { noteAppSignIn } from '../../sessions/app-sign-ins.ts';

export const keepAppSignIns =
  (deps: StoreDeps) =>
  async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
    await next();
    const { route, entities } = (ctx as Partial<KoaContextWithOIDC>).oidc ?? {};
    const code = route === 'authorization' || route === 'resume' ? entities?.AuthorizationCode : undefined;
    if (code?.accountId === undefined || code.clientId === undefined) return;
    await noteAppSignIn(deps, { accountId: code.accountId, clientId: code.clientId });
  };
