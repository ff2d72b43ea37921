// Goes along an index and looks at each account, a limited number of them: for filters that fit so many that their order
// is the shorter way to the next page.
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { ACCOUNT_COLUMNS } from '../../accounts/account-row.ts';
import type { Db } from '../../database/database.ts';
import type { AccountsTable } from '../../database/schema.ts';
import type { Order } from './orders.ts';
import { firstMatch, inOrderOfMatch, type Words } from './words.ts';

export type FoundRow = Pick<Selectable<AccountsTable>, (typeof ACCOUNT_COLUMNS)[number]> & { readonly key: string };

export interface Place {
  readonly key: string;
  readonly id: string;
}

/** So many accounts from a place on, each with whether it fits, and its place in the order. */
export type Look = (after: Place | undefined, atMost: number) => RawBuilder<FoundRow & { fits: boolean; nth: string }>;

export interface Found {
  readonly rows: readonly FoundRow[];
  /** Where to go on; undefined at the end. */
  readonly next: Place | undefined;
}

/** With those that words are compared with. */
const columns = sql.join(
  [...ACCOUNT_COLUMNS, 'email_key', 'username_key'].map((column) => sql.ref(`accounts.${column}`)),
);

export const everything = (fits: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  fits.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join([...fits], sql` and `)})`;

export const inOrder = (order: Order, fits: RawBuilder<boolean>): Look => ordered(order, { among: sql``, fits });

/** Of these only. They are looked up before they are sorted, never looked for along the order. */
export const ofTheseInOrder = (order: Order, fits: RawBuilder<boolean>, ids: readonly string[]): Look => {
  const these = sql`select ${columns} from accounts where accounts.id = any(${[...ids]}::text[]) and ${fits}`;
  return ordered(order, { among: sql`accounts as materialized (${these}),`, fits: sql<boolean>`true` });
};

const ordered =
  (order: Order, { among, fits }: { among: RawBuilder<unknown>; fits: RawBuilder<boolean> }): Look =>
  (after, atMost) => {
    const { expression, isDescending, toText, fromText } = order;
    const direction = isDescending ? sql`desc` : sql`asc`;
    const beyond =
      after === undefined
        ? sql`true`
        : sql`(${expression}, accounts.id) ${isDescending ? sql`<` : sql`>`} (${fromText(after.key)}, ${after.id})`;
    return sql`
      with ${among} looked_at as materialized (
        select ${columns}, ${expression} as sort_key from accounts
        where ${beyond}
        order by ${expression} ${direction}, accounts.id ${direction} limit ${atMost}
      ), numbered as (
        select accounts.*, ${toText(sql`accounts.sort_key`)} as key,
          row_number() over (order by accounts.sort_key ${direction}, accounts.id ${direction}) as nth
        from looked_at as accounts
      )
      select * from (select accounts.*, ${fits} as fits from numbered as accounts) as seen
      where fits or nth = ${atMost} order by nth`;
  };

/** Those that words find, by the words found. */
export const inMatchOrder =
  (words: Words, fits: RawBuilder<boolean>): Look =>
  (after, atMost) => {
    const place = after && { key: sql`(${after.key}::text collate "C")`, id: after.id };
    return sql`
      with looked_at as materialized (${inOrderOfMatch(words, { columns, after: place, atMost })})
      select * from (
        select accounts.*, row_number() over (order by accounts.key, accounts.id) as nth,
          accounts.key = ${firstMatch(words)} and ${fits} as fits
        from looked_at as accounts
      ) as seen
      where fits or nth = ${atMost} order by nth`;
  };

/** `steps`: how many accounts are looked at, at most, one step after the other until the page is full. */
export async function walk(
  db: Db,
  look: Look,
  { after, limit, steps }: { after: Place | undefined; limit: number; steps: readonly number[] },
): Promise<Found> {
  const rows: FoundRow[] = [];
  let place = after;
  for (const atMost of steps) {
    const { rows: seen } = await look(place, atMost).execute(db);
    for (const row of seen) {
      // Two of its words can be the same.
      if (row.id === rows.at(-1)?.id) continue;
      if (row.fits && rows.length === limit) return { rows, next: rows.at(-1) };
      if (row.fits) rows.push(row);
    }
    const last = seen.at(-1);
    if (last === undefined || Number(last.nth) < atMost) return { rows, next: undefined };
    place = { key: last.key, id: last.id };
  }
  return { rows, next: place };
}
