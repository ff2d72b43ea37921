// What happened: found by filters, newest first, and as a file.
import { z } from 'zod';
import { actorOf } from '../../administration/administrator.ts';
import { recordEvent } from '../../audit/audit-log.ts';
import { EXPORT_FORMATS, EXPORT_TYPES, exportEvents } from '../../audit/export-events.ts';
import { eventRecord } from '../../audit/found-event.ts';
import { eventFilterFields, readEventCursor, readEventFilters } from '../../audit/read-filters.ts';
import type { EventFilters } from '../../audit/search-events.ts';
import { searchEvents } from '../../audit/search-events.ts';
import { accountParams } from '../accounts/schemas.ts';
import type { ApiDeps } from '../deps.ts';
import { moment } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { page, pageFields, pageOf } from '../pages.ts';
import { foreignCursor, invalidQuery } from '../read-request.ts';

const event = z
  .object({
    id: z.string(),
    at: moment,
    event: z.string().describe('A name of the catalogue: sign_in.succeeded.'),
    outcome: z.enum(['success', 'failure']),
    account_id: z.string().nullable().describe('Whose event it is.'),
    subject: z.string().nullable().describe('What it tells of besides an account: role:editor.'),
    actor: z.string().describe('Who did it: account:<id>, client:<id>, operator or server.'),
    client_id: z.string().nullable(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

const filters = z.strictObject(eventFilterFields.shape);

export const auditOperations = (deps: ApiDeps): readonly Operation[] => [
  operation({
    id: 'listEvents',
    method: 'GET',
    path: '/events',
    needs: 'audit:read',
    tag: 'Audit',
    summary: 'What happened, newest first',
    query: filters.extend(pageFields),
    success: { status: 200, description: 'A page of events.', schema: pageOf(event) },
    run: async ({ query: asked }) => pageOfEvents(deps, '/events', { filters: read(asked), asked }),
  }),
  operation({
    id: 'listEventsOfAccount',
    method: 'GET',
    path: '/accounts/:accountId/events',
    needs: 'audit:read',
    tag: 'Audit',
    summary: 'What happened to an account, newest first',
    description: 'Also to one that is deleted.',
    params: accountParams,
    query: z.strictObject(pageFields),
    success: { status: 200, description: 'A page of events.', schema: pageOf(event) },
    run: async ({ params: { accountId }, query: asked }) =>
      pageOfEvents(deps, `/accounts/${encodeURIComponent(accountId)}/events`, { filters: { accountId }, asked }),
  }),
  operation({
    id: 'exportEvents',
    // It leaves an event, so it is no mere reading.
    method: 'POST',
    path: '/events/export',
    needs: 'audit:read',
    tag: 'Audit',
    summary: 'Events as a file, newest first',
    query: filters.extend({ format: z.enum(EXPORT_FORMATS).default('jsonl') }),
    success: {
      status: 200,
      description: 'One event a line; as CSV with format=csv.',
      schema: z.string(),
      type: 'application/jsonl',
    },
    run: async ({ by, query: { format, ...asked } }) => {
      const found = read(asked);
      const stated = Object.entries(asked).map(([field, value]) => `${field}=${value}`);
      await recordEvent(deps, {
        event: 'audit.exported',
        actor: actorOf(by),
        source: by.source,
        details: { format, filters: stated },
      });
      return { status: 200, body: exportEvents(deps.db, { filters: found, format }), type: EXPORT_TYPES[format] };
    },
  }),
];

/** @throws ApiProblem 400 */
function read(asked: Readonly<Record<string, unknown>>): EventFilters {
  const given = readEventFilters(asked);
  if (given.outcome === 'read') return given.filters;
  throw invalidQuery(given.problems.map(({ field, message }) => ({ parameter: field, detail: message })));
}

interface Asked {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

async function pageOfEvents(
  { db }: ApiDeps,
  path: string,
  { filters: narrowed, asked }: { filters: EventFilters; asked: Asked },
) {
  const before = readEventCursor(asked.cursor);
  if (asked.cursor !== undefined && before === undefined) throw foreignCursor();
  const { events, older } = await searchEvents(db, { filters: narrowed, before, limit: asked.limit });
  return page(path, { ...asked }, { items: events.map(eventRecord), next: older });
}
