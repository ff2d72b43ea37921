// What has happened to my account: the security events of 90 days, newest first.
import type Koa from 'koa';
import { type ListedEvent, listEventsOf, shownSince } from '../audit/audit-log.ts';
import { readEventCursor } from '../audit/read-filters.ts';
import { textsFor } from '../http/page.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { AccountStep, SignedIn } from '../signed-in/signed-in.ts';
import { deviceName } from '../texts/device-name.ts';
import type { AccountDeps } from './deps.ts';
import { showAccountPage } from './page.ts';

export const ACTIVITY_PATH = `${ACCOUNT_PATH}/activity`;

const PAGE_EVENTS = 50;

export const showActivity =
  (deps: AccountDeps): AccountStep =>
  async (ctx, me) => {
    const from = readEventCursor(ctx.query['before']);
    // One more than is shown says whether there are older ones.
    const search = { limit: PAGE_EVENTS + 1, before: from, since: shownSince(deps.clock) };
    const found = await listEventsOf(deps.db, me.account.id, search);
    const events = found.slice(0, PAGE_EVENTS);
    const last = found.length > PAGE_EVENTS ? events.at(-1) : undefined;
    await showAccountPage(deps, ctx, {
      view: 'activity',
      title: 'account.activity.title',
      lead: 'account.activity.lead',
      current: 'activity',
      me,
      locals: {
        events: events.map((event) => shown(deps, ctx, { me, event })),
        older: last === undefined ? undefined : `${ACTIVITY_PATH}?before=${last.id}`,
        newest: from === undefined ? undefined : ACTIVITY_PATH,
      },
    });
  };

function shown(
  { clients, config }: AccountDeps,
  ctx: Koa.Context,
  { me, event }: { me: SignedIn; event: ListedEvent },
) {
  const t = textsFor(ctx);
  const device = event.userAgent === undefined ? '' : deviceName(t, event.userAgent);
  const app = event.clientId === undefined ? undefined : (clients().get(event.clientId)?.clientName ?? event.clientId);
  const byOthers = event.actor !== 'server' && event.actor !== `account:${me.account.id}`;
  const byOperator = byOthers ? t('account.activity.by_operator', { product: config.name }) : undefined;
  return {
    at: event.at,
    what: t(`event.${event.event}`),
    failed: event.outcome === 'failure',
    circumstances: [app, byOperator, device, event.address].filter(Boolean),
  };
}
