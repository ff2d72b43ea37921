// Where a page of undelivered mails ends. The mail itself may be gone when somebody goes on from there, as after they dropped it.
import { type SqlBool, sql } from 'kysely';

/** Microseconds since the epoch, and its id. */
const PLACE = /^(\d{1,17})\.([\w-]{1,64})$/;

export const isMailPlace = (text: string): boolean => PLACE.test(text);

export const placeOfMail = sql<string>`(extract(epoch from created_at) * 1000000)::bigint || '.' || id`;

/** What is no place is before all. */
export function standsAfter(place: string) {
  const [, micros = '0', id = ''] = PLACE.exec(place) ?? [];
  return sql<SqlBool>`(created_at, id) > (timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond', ${id})`;
}
