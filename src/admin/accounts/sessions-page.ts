// Where an account is signed in, and what apps have of it; ending both.
import type Koa from 'koa';
import { z } from 'zod';
import { disconnectAppAs, endSessionAs, endSessionsAs } from '../../administration/accounts/end-sessions-as.ts';
import type { NotDone } from '../../administration/outcomes.ts';
import { languageOf } from '../../http/language.ts';
import { textsFor } from '../../http/page.ts';
import { accessInWords } from '../../provider/apps/access-in-words.ts';
import { clientHeading } from '../../provider/headings.ts';
import { type ConnectedApp, connectedApps } from '../../sessions/connected-apps.ts';
import { type ListedSession, listSessions } from '../../sessions/list-sessions.ts';
import { backTo, readAccountForm } from '../../signed-in/form.ts';
import { deviceLabel } from '../../texts/device-name.ts';
import type { MessageKey } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { type Trouble, troubleOf } from '../not-done.ts';
import { showAccountTab, tabPath } from './account-page.ts';
import type { AccountStep, AtAccount } from './one-account.ts';
import { accountPath } from './paths.ts';

const form = z.strictObject({ csrf: z.string().optional() });

export const showSessions =
  (deps: AdminDeps): AccountStep =>
  (ctx, at) =>
    showPage(deps, ctx, at);

export const submitEndSession =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const which = { accountId: at.account.id, handle: String(ctx.params['handle']) };
    await answered(deps, ctx, at, { answer: await endSessionAs(deps, at.by, which), notice: 'sessions.ended' });
  };

export const submitEndSessions =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const answer = await endSessionsAs(deps, at.by, { accountId: at.account.id });
    await answered(deps, ctx, at, { answer, notice: 'accounts.sessions.all_ended' });
  };

export const submitDisconnect =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    await readAccountForm(deps, ctx, { me: at.me, form });
    const which = { accountId: at.account.id, clientId: String(ctx.params['clientId']) };
    const answer = await disconnectAppAs(deps, at.by, which);
    await answered(deps, ctx, at, { answer, notice: 'account.app.notice.disconnected' });
  };

/** What has ended meanwhile is as good as ended. */
async function answered(
  deps: AdminDeps,
  ctx: Koa.Context,
  at: AtAccount,
  { answer, notice }: { answer: NotDone | { readonly outcome: 'done' }; notice: MessageKey },
): Promise<void> {
  const path = tabPath(at.account.id, 'sessions');
  if (answer.outcome === 'done') return backTo(ctx, path, notice);
  if (answer.outcome === 'unchanged') return backTo(ctx, path);
  await showPage(deps, ctx, at, troubleOf(textsFor(ctx), answer));
}

async function showPage(deps: AdminDeps, ctx: Koa.Context, at: AtAccount, trouble?: Trouble): Promise<void> {
  const { account, me } = at;
  const sessions = await listSessions({ ...deps, limits: deps.config.sessions }, account.id);
  const apps = await connectedApps(deps, account.id);
  await showAccountTab(deps, ctx, at, {
    view: 'sessions',
    tab: 'sessions',
    trouble,
    locals: {
      sessions: sessions.map((session) => ({
        ...sessionShown(deps, ctx, session),
        isThis: session.uid === me.session.uid,
        end: accountPath(account.id, `sessions/${session.handle}/end`),
      })),
      endAll: accountPath(account.id, 'sessions/end-all'),
      apps: apps.map((app) => ({
        ...appShown(deps, ctx, app),
        end: accountPath(account.id, `apps/${encodeURIComponent(app.clientId)}/disconnect`),
      })),
    },
  });
}

/** What was begun and is used from one address is said once. */
function sessionShown({ clients, placeOf }: AdminDeps, ctx: Koa.Context, session: ListedSession) {
  const { firstAddress, lastAddress } = session;
  return {
    device: deviceLabel(textsFor(ctx), session.userAgent),
    address: lastAddress,
    place: placeOf(lastAddress, languageOf(ctx)),
    firstAddress: firstAddress === lastAddress ? '' : firstAddress,
    since: session.since,
    lastSeenAt: session.lastSeenAt,
    kept: session.kept,
    apps: session.clientIds.flatMap((id) => clients().get(id)?.clientName ?? []),
  };
}

/** An app whose file is gone has no name but its own any more. */
function appShown({ config, clients }: AdminDeps, ctx: Koa.Context, app: ConnectedApp) {
  const client = clients().get(app.clientId);
  return {
    ...(client === undefined ? { name: app.clientId } : clientHeading(client)),
    clientId: app.clientId,
    isGone: client === undefined,
    wasAsked: app.wasAsked,
    since: app.since,
    lastSignInAt: app.lastSignInAt,
    ...accessInWords(config, textsFor(ctx), app.allowed),
  };
}
