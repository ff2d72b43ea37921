// Apps that may act for me: what each may see, since when, and taking it back.
import type Koa from 'koa';
import { z } from 'zod';
import { Refusal } from '../errors.ts';
import { textsFor } from '../http/page.ts';
import { sourceOf } from '../http/request-source.ts';
import { accessInWords } from '../provider/apps/access-in-words.ts';
import { clientHeading } from '../provider/headings.ts';
import { type ConnectedApp, connectedApps, disconnectApp, sessionsAtApp } from '../sessions/connected-apps.ts';
import { backTo, readAccountForm } from '../signed-in/form.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { AccountStep } from '../signed-in/signed-in.ts';
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';

export const APPS_PATH = `${ACCOUNT_PATH}/apps`;

const form = z.object({ csrf: z.string().optional() });

export const showApps =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const apps = await connectedApps(deps, me.account.id);
    await showAccountPage(deps, ctx, {
      view: 'apps',
      title: 'account.apps.title',
      lead: 'account.apps.lead',
      current: 'apps',
      me,
      locals: { apps: apps.map((app) => shown(deps, ctx, app)) },
    });
  };

/** One app, with what taking its access back will do. */
export const showApp =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const accountId = me.account.id;
    const clientId = ctx.params['clientId'] ?? '';
    const app = (await connectedApps(deps, accountId)).find((each) => each.clientId === clientId);
    if (app === undefined) throw noSuchApp();
    await showAccountPage(deps, ctx, {
      view: 'app',
      title: 'account.app.title',
      current: 'apps',
      me,
      locals: { app: shown(deps, ctx, app), sessions: await sessionsAtApp(deps, { accountId, clientId }) },
    });
  };

export const submitDisconnect =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    const accountId = me.account.id;
    const clientId = ctx.params['clientId'] ?? '';
    if (!(await disconnectApp(deps, { accountId, clientId, source: sourceOf(ctx) }))) throw noSuchApp();
    deps.log.info({ event: 'consent.revoked', accountId, clientId });
    backTo(ctx, APPS_PATH, 'account.app.notice.disconnected');
  };

/** An app whose file is gone has no name but its own any more. */
function shown({ config, clients }: AccountDeps, ctx: Koa.Context, app: ConnectedApp) {
  const client = clients().get(app.clientId);
  return {
    ...(client === undefined ? { name: app.clientId } : clientHeading(client)),
    href: `${APPS_PATH}/${encodeURIComponent(app.clientId)}`,
    isGone: client === undefined,
    asksNothing: client?.consent === 'skip',
    since: app.since,
    lastSignInAt: app.lastSignInAt,
    ...accessInWords(config, textsFor(ctx), app.allowed),
  };
}

/** Also for apps that there are, and to which somebody else is connected. */
const noSuchApp = (): Refusal =>
  new Refusal({
    code: 'not_found',
    status: 404,
    reason: 'no_such_app',
    message: 'No such app is connected to your account.',
  });
