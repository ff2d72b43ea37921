// What has happened to an account lately; all of it stands in the audit log.
import type Koa from 'koa';
import type { FoundEvent } from '../../audit/found-event.ts';
import { searchEvents } from '../../audit/search-events.ts';
import { textsFor } from '../../http/page.ts';
import { deviceName } from '../../texts/device-name.ts';
import { isMessageKey, type Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';
import { pathOf } from '../navigation.ts';
import { addressWith } from '../query.ts';
import { showAccountTab } from './account-page.ts';
import type { AccountStep } from './one-account.ts';
import { accountPath } from './paths.ts';

const SHOWN = 50;

export const showEvents =
  (deps: AdminDeps): AccountStep =>
  async (ctx, at) => {
    const { id } = at.account;
    const { events, older } = await searchEvents(deps.db, { filters: { accountId: id }, limit: SHOWN });
    const audit = pathOf('audit');
    await showAccountTab(deps, ctx, at, {
      view: 'events',
      tab: 'events',
      locals: {
        events: events.map((event) => shown(deps, ctx, event)),
        hasOlder: older !== undefined,
        auditHref: deps.isPage(audit) ? addressWith(audit, { account: id }) : undefined,
      },
    });
  };

/** Some of the catalogue have no sentence; their name says it. */
function inWords(t: Texts, name: string): string {
  const key = `event.${name}`;
  return isMessageKey(key) ? t(key) : name;
}

function shown({ clients }: AdminDeps, ctx: Koa.Context, event: FoundEvent) {
  const t = textsFor(ctx);
  const { accountId, actor, clientId, userAgent, address } = event;
  return {
    at: event.at,
    what: inWords(t, event.event),
    name: event.event,
    failed: event.outcome === 'failure',
    by: actor === `account:${accountId}` ? undefined : actor,
    byHref: actor.startsWith('account:') ? accountPath(actor.slice('account:'.length)) : undefined,
    circumstances: [
      clientId === undefined ? undefined : (clients().get(clientId)?.clientName ?? clientId),
      userAgent === undefined ? undefined : deviceName(t, userAgent),
      address,
    ].filter(Boolean),
  };
}
