// Finds accounts for administrators, a page at a time, always in the order that was asked for, in a time that does not grow with
// their number: what one of the filters finds is sorted where it is few accounts; else the order is walked, a limited way for each page.
import type { Account, AccountStatus } from '../accounts/account.ts';
import { accountFrom } from '../accounts/account-row.ts';
import type { Db } from '../database/database.ts';
import { type AccountCursor, writeAccountCursor } from './account-search/cursor.ts';
import { byGroup, byRole, byStatus, byWords, type Deps, type Filter } from './account-search/filters.ts';
import { type AccountSort, ORDERS } from './account-search/orders.ts';
import { type Asked, everything, onlyAlongIndexes, type Page, sortedPage, walkedPage } from './account-search/pages.ts';
import { isText, type Words, wordsOf } from './account-search/words.ts';

export interface AccountSearch {
  /** The beginning of an address, a username or a name, or a whole id. */
  readonly q?: string | undefined;
  readonly status?: AccountStatus | undefined;
  /** Who has it, however. */
  readonly role?: string | undefined;
  readonly group?: string | undefined;
  readonly sort: AccountSort;
  /** Read by `readAccountCursor`. One of another order stands for the beginning. */
  readonly after?: AccountCursor | undefined;
  readonly limit: number;
}

export interface AccountPage {
  readonly accounts: readonly Account[];
  /** For `after` of the next page, as text; undefined where there is none. A page can be short, or empty, and have one. */
  readonly next: string | undefined;
  /** So many accounts were looked at, in the order, and did not fill the page: it goes on after the last of them. */
  readonly lookedAt: number | undefined;
}

/** Accounts. Measured with a million, for pages of less than 100 ms (docs/admin-benchmark.md). */
export interface SearchBounds {
  /** What one filter finds is sorted if it is no more. */
  readonly sorted: number;
  /** Looked at for a page. */
  readonly walked: number;
  /** The same where each is looked for among members and who has a role. */
  readonly walkedElsewhere: number;
}

export const SEARCH_BOUNDS: SearchBounds = { sorted: 10_000, walked: 20_000, walkedElsewhere: 8_000 };

export async function searchAccounts(
  deps: Deps,
  search: AccountSearch,
  bounds: SearchBounds = SEARCH_BOUNDS,
): Promise<AccountPage> {
  const { q = '', role, group, sort, after, limit } = search;
  const words = q.trim() === '' ? undefined : wordsOf(q);
  if (q.trim() !== '' && words === undefined) return NOTHING;
  if (![role, group].every((name) => name === undefined || isText(name))) return NOTHING;
  const filters = await filtersOf(deps, search, words);
  const asked: Asked = {
    order: ORDERS[sort],
    fits: everything(filters.map(({ fits }) => fits)),
    after: after?.by === sort ? after : undefined,
    limit,
  };
  const { rows, next, lookedAt } = await deps.db.transaction().execute(async (tx) => {
    await onlyAlongIndexes(tx);
    return (await sortedByOne(tx, filters, asked, bounds)) ?? (await walked(tx, filters, asked, bounds));
  });
  return {
    accounts: rows.map(accountFrom),
    next: next && writeAccountCursor({ by: sort, ...next }),
    lookedAt,
  };
}

const NOTHING: AccountPage = { accounts: [], next: undefined, lookedAt: undefined };

/** What is compared with the account itself stands first. */
async function filtersOf(
  deps: Deps,
  { status, role, group }: AccountSearch,
  words: Words | undefined,
): Promise<readonly Filter[]> {
  return [
    ...(words === undefined ? [] : [byWords(words)]),
    ...(status === undefined ? [] : [byStatus(status)]),
    ...(role === undefined ? [] : [await byRole(deps, role)]),
    ...(group === undefined ? [] : [byGroup(deps, group)]),
  ];
}

/** Undefined where each of them finds too many. */
async function sortedByOne(
  db: Db,
  filters: readonly Filter[],
  asked: Asked,
  { sorted }: SearchBounds,
): Promise<Page | undefined> {
  for (const { found } of filters) {
    const page = found && (await sortedPage(db, found, { ...asked, atMost: sorted }));
    if (page !== undefined) return page;
  }
  return undefined;
}

function walked(db: Db, filters: readonly Filter[], asked: Asked, bounds: SearchBounds): Promise<Page> {
  const looksElsewhere = filters.some((filter) => filter.looksElsewhere);
  return walkedPage(db, { ...asked, atMost: looksElsewhere ? bounds.walkedElsewhere : bounds.walked });
}
