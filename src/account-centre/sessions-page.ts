// Where the person is signed in, and ending it there.
import type Koa from 'koa';
import { z } from 'zod';
import { languageOf } from '../http/language.ts';
import { textsFor } from '../http/page.ts';
import { notFound } from '../http/refusals.ts';
import { sourceOf } from '../http/request-source.ts';
import { endSessionOf, endSessionsOf } from '../sessions/end-session-of.ts';
import { type ListedSession, listSessions } from '../sessions/list-sessions.ts';
import { backTo, readAccountForm } from '../signed-in/form.ts';
import type { AccountStep } from '../signed-in/signed-in.ts';
import { deviceLabel } from '../texts/device-name.ts';
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';

export const SESSIONS_PATH = '/account/sessions';

const form = z.object({ csrf: z.string().optional() });

export const showSessions =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const sessions = await listSessions(inSessions(deps), me.account.id);
    const others = sessions.filter(({ uid }) => uid !== me.session.uid);
    const current = sessions.find(({ uid }) => uid === me.session.uid);
    await showAccountPage(deps, ctx, {
      view: 'sessions',
      title: 'sessions.title',
      lead: 'sessions.lead',
      current: 'sessions',
      me,
      locals: {
        current: current && shown(deps, ctx, current),
        others: others.map((session) => shown(deps, ctx, session)),
        endOthers: `${SESSIONS_PATH}/end-others`,
      },
    });
  };

/** Somebody else's session is no session here. */
export const submitEndSession =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    const whose = { accountId: me.account.id, source: sourceOf(ctx) };
    const outcome = await endSessionOf(inSessions(deps), { ...whose, handle: String(ctx.params['handle']) });
    if (outcome === 'not_found') return notFound(ctx, async () => undefined);
    backTo(ctx, SESSIONS_PATH, 'sessions.ended');
  };

export const submitEndOtherSessions =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    await readAccountForm(deps, ctx, { me, form });
    const whose = { accountId: me.account.id, source: sourceOf(ctx) };
    await endSessionsOf(inSessions(deps), { ...whose, keepUid: me.session.uid });
    backTo(ctx, SESSIONS_PATH, 'sessions.others_ended');
  };

const inSessions = ({ db, clock, config }: AccountDeps) => ({ db, clock, limits: config.sessions });

/** What was begun and is used from one address is said once. */
function shown({ clients, placeOf }: AccountDeps, ctx: Koa.Context, session: ListedSession) {
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
    end: `${SESSIONS_PATH}/${session.handle}/end`,
  };
}
