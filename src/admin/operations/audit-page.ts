// The audit log: what happened to everything, by whom, from where; narrowed, page by page, and as a file.
import type Koa from 'koa';
import { z } from 'zod';
import { recordEvent } from '../../audit/audit-log.ts';
import { EVENT_NAMES } from '../../audit/events.ts';
import { EXPORT_FORMATS, EXPORT_TYPES, exportEvents } from '../../audit/export-events.ts';
import { type FoundEvent, jsonLine } from '../../audit/found-event.ts';
import { eventFilterFields, readEventCursor, readEventFilters } from '../../audit/read-filters.ts';
import { searchEvents } from '../../audit/search-events.ts';
import { textsFor } from '../../http/page.ts';
import { readAccountForm } from '../../signed-in/form.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';
import { pathOf } from '../navigation.ts';
import { showAdminPage } from '../page.ts';
import { pagerOf } from '../pager.ts';

export const AUDIT_PATH = pathOf('audit');

const PAGE_EVENTS = 50;

const FIELDS = Object.keys(eventFilterFields.shape) as (keyof typeof eventFilterFields.shape)[];

const form = z.strictObject({
  csrf: z.string().optional(),
  format: z.enum(EXPORT_FORMATS),
  ...Object.fromEntries(FIELDS.map((field) => [field, z.string().max(400).optional()])),
});

export const showAudit =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const stated = statedFilters(ctx.query);
    const read = readEventFilters(stated);
    const before = readEventCursor(ctx.query['before']);
    const page =
      read.outcome === 'read'
        ? await searchEvents(deps.db, { filters: read.filters, before, limit: PAGE_EVENTS })
        : { events: [], older: undefined };
    if (read.outcome === 'invalid') ctx.status = 400;
    await showAdminPage(deps, ctx, {
      view: 'operations/audit',
      title: 'admin.audit.title',
      lead: 'admin.audit.lead',
      current: 'audit',
      admin,
      locals: {
        stated,
        wrong: read.outcome === 'invalid' ? read.problems.map(({ field }) => field) : [],
        eventOptions: eventOptions(textsFor(ctx)('admin.audit.any')),
        hasFilters: Object.keys(stated).length > 0,
        action: AUDIT_PATH,
        exportAction: `${AUDIT_PATH}/export`,
        events: page.events.map((event) => shown(deps, admin, event)),
        pager: pagerOf(ctx, {
          path: AUDIT_PATH,
          words: stated,
          name: 'before',
          place: before,
          next: page.older,
          isPlace: (text) => readEventCursor(text) !== undefined,
        }),
      },
    });
  };

/** A form, since it is written down that it was done. */
export const submitExport =
  (deps: AdminDeps): AdminStep =>
  async (ctx, { me, by }) => {
    const { format, csrf: _csrf, ...fields } = await readAccountForm(deps, ctx, { me, form });
    const stated = statedFilters(fields);
    const read = readEventFilters(stated);
    if (read.outcome === 'invalid') return void ctx.redirect(`${AUDIT_PATH}?${new URLSearchParams(stated)}`);
    await recordEvent(deps, {
      event: 'audit.exported',
      actor: `account:${by.accountId}`,
      source: by.source,
      details: { format, filters: Object.entries(stated).map(([field, value]) => `${field}=${value}`) },
    });
    ctx.attachment(`audit-${deps.clock.now().toISOString().slice(0, 10)}.${format}`);
    ctx.type = EXPORT_TYPES[format];
    ctx.body = exportEvents(deps.db, { filters: read.filters, format });
  };

/** What is empty is not asked for. */
const statedFilters = (given: Koa.Context['query'] | Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = given[field];
      return typeof value === 'string' && value !== '' ? [[field, value]] : [];
    }),
  );

/** Each kind (`sign_in.`) before its events. */
function eventOptions(any: string) {
  const kinds = Map.groupBy(EVENT_NAMES, (name) => name.slice(0, name.indexOf('.') + 1));
  return [
    { value: '', label: any },
    ...[...kinds].flatMap(([kind, names]) => [
      ...(names.length > 1 ? [{ value: kind, label: `${kind}*` }] : []),
      ...names.map((name) => ({ value: name, label: name })),
    ]),
  ];
}

function shown({ clients }: AdminDeps, { may }: AtConsole, event: FoundEvent) {
  const { accountId, clientId, actor } = event;
  const details = Object.keys(event.details).length === 0 ? undefined : jsonLine(event.details);
  return {
    at: event.at,
    event: event.event,
    isFailure: event.outcome === 'failure',
    account: accountId,
    accountHref:
      accountId !== undefined && may.has('accounts:read')
        ? `${pathOf('accounts')}/${encodeURIComponent(accountId)}`
        : undefined,
    subject: event.subject,
    actor: actor === `account:${accountId}` ? undefined : actor,
    client: clientId === undefined ? undefined : (clients().get(clientId)?.clientName ?? clientId),
    address: event.address,
    requestId: event.requestId,
    details,
  };
}
