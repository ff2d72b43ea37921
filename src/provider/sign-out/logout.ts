// Signing out (OpenID Connect RP-Initiated Logout 1.0) on our own pages, and without a question where the app proves
// whose session it is.
import type Koa from 'koa';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { findAccount } from '../../accounts/accounts.ts';
import type { ClientRegistry } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { requireSameOrigin } from '../../http/csrf.ts';
import { renderPage, textsFor } from '../../http/page.ts';
import { routedPath } from '../../http/routed-path.ts';
import { sessionCookie } from '../cookies.ts';
import { accountHeading, clientHeading, wayBack } from '../headings.ts';
import { ENDPOINTS } from '../paths.ts';

export interface SignOutDeps {
  readonly db: Db;
  readonly config: Config;
  readonly clients: () => ClientRegistry;
}

export const askBeforeSignOut =
  (deps: SignOutDeps) =>
  async (ctx: KoaContextWithOIDC): Promise<void> => {
    const { session } = ctx.oidc;
    if (session === undefined || hintNames(ctx, session)) return signOut(deps, ctx);
    const client = requestingClient(deps, ctx);
    const account = session.accountId === undefined ? undefined : await findAccount(deps.db, session.accountId);
    ctx.state['uiLocales'] = ctx.oidc.params?.['ui_locales'];
    await renderPage(ctx, 'provider/sign-out', {
      title: textsFor(ctx)('sign_out.title'),
      action: withLanguage(ctx, ctx.oidc.urlFor('end_session_confirm')),
      xsrf: String((session.state as { secret?: string } | undefined)?.secret ?? ''),
      client: client === undefined ? undefined : clientHeading(client),
      account: account === undefined ? undefined : accountHeading(account),
      stayHref: wayBack(client)?.href ?? '/',
    });
  };

export const showSignedOut =
  (deps: SignOutDeps) =>
  async (ctx: KoaContextWithOIDC): Promise<void> => {
    const client = requestingClient(deps, ctx);
    await renderPage(ctx, 'provider/signed-out', {
      title: textsFor(ctx)('signed_out.title'),
      client: client === undefined ? undefined : clientHeading(client),
      back: wayBack(client),
    });
  };

/** The engine looks at the token of its form, and not at where the browser says that the form comes from. */
export const takeSignOutFromOwnPage =
  ({ config }: Pick<SignOutDeps, 'config'>) =>
  async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
    const isForm = ctx.method === 'POST' && routedPath(ctx.path) === `${ENDPOINTS.end_session}/confirm`;
    if (isForm) requireSameOrigin(ctx, new URL(config.issuer).origin);
    await next();
  };

/** The engine answers a browser that is not signed in with a form that submits itself by script; nothing is to ask. */
export const skipEmptySignOut = async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
  await next();
  const oidc = (ctx as Partial<KoaContextWithOIDC>).oidc;
  if (oidc?.route !== 'end_session' || ctx.status !== 200 || oidc.session?.accountId !== undefined) return;
  redirectAfterSignOut(ctx as KoaContextWithOIDC);
};

/** The engine knows ui_locales where signing out begins only: here it goes on to the page that says it is done. */
export const keepLanguageOfSignOut = async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
  await next();
  const oidc = (ctx as Partial<KoaContextWithOIDC>).oidc;
  if (oidc?.route !== 'end_session_confirm' || ctx.status !== 303) return;
  const done = oidc.urlFor('end_session_success');
  const location = ctx.response.get('Location');
  if (location === done || location.startsWith(`${done}?`)) ctx.set('Location', withLanguage(ctx, location));
};

/**
 * After the form of our page the way back to the app is a page too: `form-action 'self'` is held against a redirect to
 * another origin, and the browser would stay where it is.
 */
export const leaveSignOutByPage =
  (deps: Pick<SignOutDeps, 'clients' | 'config'>) =>
  async (ctx: Koa.Context, next: Koa.Next): Promise<void> => {
    await next();
    const oidc = (ctx as Partial<KoaContextWithOIDC>).oidc;
    if (oidc?.route !== 'end_session_confirm' || ctx.status !== 303) return;
    const href = ctx.response.get('Location');
    const client = oidc.client === undefined ? undefined : deps.clients().get(oidc.client.clientId);
    if (client === undefined || href.startsWith(`${deps.config.issuer}/`)) return;
    ctx.remove('Location');
    ctx.status = 200;
    const title = textsFor(ctx)('back.app', { app: client.clientName });
    await renderPage(ctx, 'interactions/continue', { title, href, languages: [], client: clientHeading(client) });
  };

/** Every ID token names its session (claim `sid`), so that as a hint it stands for that one and no later one. */
export function nameSessionsInIdTokens(provider: Provider): void {
  Object.assign(provider.Client.prototype, { includeSid: () => true });
}

/** True if the ID token is this very session's. */
function hintNames(ctx: KoaContextWithOIDC, session: NonNullable<KoaContextWithOIDC['oidc']['session']>): boolean {
  const hint = ctx.oidc.entities.IdTokenHint?.payload as { sub?: string; sid?: string } | undefined;
  const client = ctx.oidc.client;
  if (hint?.sub === undefined || client === undefined) return false;
  const sid = session.sidFor(client.clientId);
  return hint.sub === session.accountId && sid !== undefined && hint.sid === sid;
}

async function signOut({ config }: SignOutDeps, ctx: KoaContextWithOIDC): Promise<void> {
  await ctx.oidc.session?.destroy();
  const { name, options } = sessionCookie(config);
  ctx.oidc.cookies.set(name, null, options);
  ctx.oidc.provider.emit('end_session.success', ctx);
  redirectAfterSignOut(ctx);
}

function redirectAfterSignOut(ctx: KoaContextWithOIDC): void {
  const { post_logout_redirect_uri: returnTo, state } = ctx.oidc.params as Record<string, string | undefined>;
  const target = new URL(returnTo ?? withLanguage(ctx, ctx.oidc.urlFor('end_session_success')));
  if (returnTo !== undefined && state !== undefined) target.searchParams.set('state', state);
  ctx.redirect(target.href);
  ctx.status = 303;
  ctx.body = '';
}

/** An address of ours that takes along which language was asked for. */
function withLanguage(ctx: Koa.Context | KoaContextWithOIDC, address: string): string {
  const asked = (ctx as Partial<KoaContextWithOIDC>).oidc?.params?.['ui_locales'] ?? ctx.query['ui_locales'];
  if (typeof asked !== 'string') return address;
  const target = new URL(address);
  target.searchParams.set('ui_locales', asked);
  return target.href;
}

const requestingClient = ({ clients }: SignOutDeps, ctx: KoaContextWithOIDC) =>
  ctx.oidc.client === undefined ? undefined : clients().get(ctx.oidc.client.clientId);
