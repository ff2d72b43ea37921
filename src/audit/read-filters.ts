// Filters as people and programs write them: query parameters and options of the command line, checked.
import { isIP, SocketAddress } from 'node:net';
import { z } from 'zod';
import { type EventFilters, namesLike } from './search-events.ts';

/** Longer than anything that is kept. */
const LONGEST = 400;

const word = z
  .string()
  .max(LONGEST)
  // PostgreSQL has no text with a NUL in it.
  .refine((text) => !text.includes('\0'), 'expected text');

/** ISO 8601; a day is its first moment in UTC. */
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], 'expected a date or a time (ISO 8601)');

/** By the names that they have in addresses and on the command line. What is empty is not asked for. */
export const eventFilterFields = z.object({
  account: word.optional().describe('Whose event it is: the id of an account.'),
  actor: word.optional().describe('Who did it: account:<id>, client:<id>, operator or server.'),
  event: word
    .refine((event) => event === '' || namesLike(event).length > 0, 'expected the name of an event, or sign_in.')
    .optional()
    .describe('A name of the catalogue, or the beginning of several up to a dot: sign_in.'),
  client: word.optional().describe('The app: its client id.'),
  subject: word.optional().describe('What it tells of besides an account: role:editor, group:staff, client:shop.'),
  outcome: z.enum(['success', 'failure', '']).optional(),
  address: word
    .refine((address) => address === '' || isIP(address) !== 0, 'expected an IP address')
    .optional()
    .describe('The IP address it came from.'),
  request_id: word.optional().describe('As it stands in the log and in the X-Request-Id of answers.'),
  from: z
    .union([moment, z.literal('')], 'expected a date or a time (ISO 8601)')
    .optional()
    .describe('From this moment on (ISO 8601).'),
  until: z
    .union([moment, z.literal('')], 'expected a date or a time (ISO 8601)')
    .optional()
    .describe('Before this moment (ISO 8601).'),
});

export type EventFilterField = keyof z.input<typeof eventFilterFields>;

export type FiltersRead =
  | { readonly outcome: 'read'; readonly filters: EventFilters }
  | { readonly outcome: 'invalid'; readonly problems: readonly FilterProblem[] };

export interface FilterProblem {
  readonly field: EventFilterField;
  /** In English, beginning with "expected". */
  readonly message: string;
}

/** Fields of another name are left alone. */
export function readEventFilters(given: Readonly<Record<string, unknown>>): FiltersRead {
  const read = eventFilterFields.safeParse(given);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => ({ field: path[0] as EventFilterField, message }));
    return { outcome: 'invalid', problems };
  }
  const { account, actor, event, client, subject, address, request_id } = read.data;
  return {
    outcome: 'read',
    filters: {
      accountId: account || undefined,
      actor: actor || undefined,
      event: event || undefined,
      clientId: client || undefined,
      subject: subject || undefined,
      outcome: read.data.outcome || undefined,
      address: address ? canonical(address) : undefined,
      requestId: request_id || undefined,
      from: read.data.from ? new Date(read.data.from) : undefined,
      until: read.data.until ? new Date(read.data.until) : undefined,
    },
  };
}

/** As it is kept (RFC 5952). */
const canonical = (address: string): string =>
  isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;

/** int8 has at most 19 digits. */
const ID = /^[1-9]\d{0,17}$/;

/** The `before` of a page; undefined for what no page has. */
export const readEventCursor = (given: unknown): string | undefined =>
  typeof given === 'string' && ID.test(given) ? given : undefined;
