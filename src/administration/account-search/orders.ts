// The orders that lists of accounts have: each by an expression that an index has, and the id where two are the same.
import { type RawBuilder, sql } from 'kysely';

export const ACCOUNT_SORTS = ['newest', 'oldest', 'email', 'email_desc', 'last_sign_in', 'longest_away'] as const;

export type AccountSort = (typeof ACCOUNT_SORTS)[number];

export interface Order {
  readonly expression: RawBuilder<unknown>;
  readonly isDescending: boolean;
  /** As text that stands for it without a loss, for a cursor; JavaScript's dates are too coarse. */
  readonly toText: (column: RawBuilder<unknown>) => RawBuilder<string>;
  readonly fromText: (text: string) => RawBuilder<unknown>;
}

/** Microseconds since 1970, which is what PostgreSQL keeps. */
const INSTANT = {
  toText: (column: RawBuilder<unknown>) => sql<string>`(extract(epoch from ${column}) * 1000000)::bigint::text`,
  fromText: (text: string) =>
    sql`(timestamptz '1970-01-01 00:00:00+00' + ${/^\d{1,16}$/.test(text) ? text : '0'}::bigint * interval '1 microsecond')`,
};

/** By code point, the same on every database. */
const WORDS = {
  toText: (column: RawBuilder<unknown>) => sql<string>`${column}::text`,
  fromText: (text: string) => sql`${text}::text collate "C"`,
};

const created = { ...INSTANT, expression: sql`accounts.created_at` };
const email = { ...WORDS, expression: sql`(accounts.email_key collate "C")` };
/** Who has never signed in stands where 1970 does. */
const seen = {
  ...INSTANT,
  expression: sql`coalesce(accounts.last_sign_in_at, timestamptz '1970-01-01 00:00:00+00')`,
};

export const ORDERS: Readonly<Record<AccountSort, Order>> = {
  newest: { ...created, isDescending: true },
  oldest: { ...created, isDescending: false },
  email: { ...email, isDescending: false },
  email_desc: { ...email, isDescending: true },
  last_sign_in: { ...seen, isDescending: true },
  longest_away: { ...seen, isDescending: false },
};
