// A page of accounts in an order: of those that a filter finds where they are few enough to be sorted, else along the index of
// the order, looking at a limited number of accounts.
import { type RawBuilder, type Selectable, sql } from 'kysely';
import { ACCOUNT_COLUMNS } from '../../accounts/account-row.ts';
import type { Db } from '../../database/database.ts';
import type { AccountsTable } from '../../database/schema.ts';
import type { Filter } from './filters.ts';
import type { Order } from './orders.ts';

type AccountRow = Pick<Selectable<AccountsTable>, (typeof ACCOUNT_COLUMNS)[number]>;

type FoundRow = AccountRow & { readonly key: string };

export interface Place {
  readonly key: string;
  readonly id: string;
}

export interface Asked {
  readonly order: Order;
  /** Of the row `accounts`; true of all that are shown. */
  readonly fits: RawBuilder<boolean>;
  readonly after: Place | undefined;
  readonly limit: number;
}

export interface Page {
  readonly rows: readonly AccountRow[];
  /** Where to go on; undefined at the end. */
  readonly next: Place | undefined;
  /** Where so many accounts were looked at without filling the page. */
  readonly lookedAt?: number;
}

export const everything = (fits: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  fits.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join([...fits], sql` and `)})`;

/** With those that words are compared with. */
const columns = sql.join(
  [...ACCOUNT_COLUMNS, 'email_key', 'username_key'].map((column) => sql.ref(`accounts.${column}`)),
);

/**
 * Until the transaction ends, what has an index is read along it, as far as the page needs. PostgreSQL expects to read less of a
 * table from end to end, or all that a word begins, and to sort that; on a guess, and without a bound.
 */
export const onlyAlongIndexes = async (tx: Db): Promise<void> => {
  await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`.execute(tx);
};

/** Sorts all that the filter finds; undefined where these are more than so many. */
export async function sortedPage(
  db: Db,
  found: NonNullable<Filter['found']>,
  { order, fits, after, limit, atMost }: Asked & { readonly atMost: number },
): Promise<Page | undefined> {
  const { rows: ids, sortable } = found(order.expression, atMost + 1);
  const by = directionOf(order);
  // Looked up and tested one after the other, in their order, until the page is full.
  const { rows } = await sql<Partial<FoundRow> & { found_in_all: string }>`
    with found as materialized (${ids}), size as materialized (select count(*) as found_in_all from found),
    page as (
      select accounts.*, ${order.toText(sql`sorted.sort_key`)} as key, sorted.sort_key
      from (
        select id, sort_key from (${sortable}) as sortable
        where (select found_in_all from size) <= ${atMost} and ${beyond(order, after, sql`sort_key, id`)}
        order by sort_key ${by}, id ${by}
      ) as sorted
      cross join lateral (select ${columns} from accounts where accounts.id = sorted.id limit 1) as accounts
      where ${fits} order by sorted.sort_key ${by}, sorted.id ${by} limit ${limit + 1}
    )
    select * from size left join page on true order by page.sort_key ${by}, page.id ${by}`.execute(db);
  if (Number(rows[0]?.found_in_all) > atMost) return undefined;
  const fitting = rows.filter((row): row is typeof row & FoundRow => typeof row.id === 'string');
  return { rows: fitting.slice(0, limit), next: fitting.length > limit ? placeOf(fitting[limit - 1]) : undefined };
}

/** Goes along the order until the page is full, or so many accounts have been looked at. */
export async function walkedPage(
  db: Db,
  { after, limit, atMost, ...asked }: Asked & { readonly atMost: number },
): Promise<Page> {
  const rows: FoundRow[] = [];
  let place = after;
  let lookedAt = 0;
  // The first step is enough where everything fits; the last ones look for the few among many.
  for (const step of [limit + 1, 1000, ...Array<number>(Math.ceil(atMost / LONGEST_STEP)).fill(LONGEST_STEP)]) {
    const length = Math.min(step, atMost - lookedAt);
    if (length <= 0) break;
    const seen = await lookAt(db, { ...asked, after: place, length });
    for (const row of seen) {
      if (row.fits && rows.length === limit) return { rows, next: placeOf(rows.at(-1)) };
      if (row.fits) rows.push(row);
    }
    const last = seen.at(-1);
    if (last === undefined || Number(last.nth) < length) return { rows, next: undefined };
    place = placeOf(last);
    lookedAt += length;
  }
  return { rows, next: place, ...(rows.length < limit && { lookedAt }) };
}

/** Accounts a statement: few, as a step is finished when the page is full in the middle of it. */
const LONGEST_STEP = 4000;

/** Those that fit, and the last one looked at. */
async function lookAt(
  db: Db,
  { order, fits, after, length }: Omit<Asked, 'limit'> & { readonly length: number },
): Promise<readonly (FoundRow & { fits: boolean; nth: string })[]> {
  const { expression, toText } = order;
  const by = directionOf(order);
  const { rows } = await sql<FoundRow & { fits: boolean; nth: string }>`
    select *, ${toText(sql`seen.sort_key`)} as key from (
      select accounts.*, ${fits} as fits from (
        select accounts.*, row_number() over (order by accounts.sort_key ${by}, accounts.id ${by}) as nth from (
          select ${columns}, ${expression} as sort_key from accounts
          where ${beyond(order, after, sql`${expression}, accounts.id`)}
          order by ${expression} ${by}, accounts.id ${by} limit ${length}
        ) as accounts
      ) as accounts
    ) as seen where fits or nth = ${length} order by nth`.execute(db);
  return rows;
}

const directionOf = ({ isDescending }: Order): RawBuilder<unknown> => (isDescending ? sql`desc` : sql`asc`);

const beyond = ({ isDescending, fromText }: Order, after: Place | undefined, place: RawBuilder<unknown>) =>
  after === undefined
    ? sql`true`
    : sql`(${place}) ${isDescending ? sql`<` : sql`>`} (${fromText(after.key)}, ${after.id})`;

const placeOf = (row: Place | undefined): Place | undefined => row && { key: row.key, id: row.id };
