// Finds accounts for administrators, a page at a time, in a time that does not grow with their number: what fits few accounts is
// looked up and sorted; else their order is walked, a limited way for each page.
import type { Account, AccountStatus } from '../accounts/account.ts';
import { accountFrom } from '../accounts/account-row.ts';
import { type AccountCursor, writeAccountCursor } from './account-search/cursor.ts';
import { byGroup, byRole, byStatus, byWords, type Deps, type Filter } from './account-search/filters.ts';
import { type AccountSort, ORDERS } from './account-search/orders.ts';
import {
  everything,
  type Found,
  inMatchOrder,
  inOrder,
  type Look,
  ofTheseInOrder,
  walk,
} from './account-search/walk.ts';
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
  /** `match`: too many accounts begin so to sort them; they stand in the order of the words found. */
  readonly sortedBy: AccountSort | 'match';
}

/** How many can be looked up and sorted at once. */
const FEW = 2000;

export async function searchAccounts(deps: Deps, search: AccountSearch): Promise<AccountPage> {
  const { q = '', role, group } = search;
  const words = q.trim() === '' ? undefined : wordsOf(q);
  if (q.trim() !== '' && words === undefined) return nothing(search.sort);
  if (![role, group].every((name) => name === undefined || isText(name))) return nothing(search.sort);
  const filters = await filtersOf(deps, search, words);
  const fits = everything(filters.map((filter) => filter.fits));
  const few = await fewOf(deps, filters);
  if (few !== undefined) return pageOf(deps, search, search.sort, ofTheseInOrder(ORDERS[search.sort], fits, few));
  if (words === undefined) return pageOf(deps, search, search.sort, inOrder(ORDERS[search.sort], fits));
  const others = filters.slice(1).map((filter) => filter.fits);
  return pageOf(deps, search, 'match', inMatchOrder(words, everything(others)));
}

const nothing = (sort: AccountSort): AccountPage => ({ accounts: [], next: undefined, sortedBy: sort });

/** The words first. */
async function filtersOf(
  deps: Deps,
  { status, role, group }: AccountSearch,
  words: Words | undefined,
): Promise<readonly Filter[]> {
  return [
    ...(words === undefined ? [] : [byWords(words)]),
    ...(role === undefined ? [] : [await byRole(deps, role)]),
    ...(group === undefined ? [] : [byGroup(deps, group)]),
    ...(status === undefined ? [] : [byStatus(status)]),
  ];
}

/** The ids that one of the filters leaves, if that is few. */
async function fewOf({ db }: Deps, filters: readonly Filter[]): Promise<readonly string[] | undefined> {
  for (const { ids } of filters) {
    if (ids === undefined) continue;
    const { rows } = await ids(FEW + 1).execute(db);
    if (rows.length <= FEW) return rows.map(({ id }) => id);
  }
  return undefined;
}

async function pageOf(
  deps: Deps,
  { after, limit }: AccountSearch,
  sortedBy: AccountSort | 'match',
  look: Look,
): Promise<AccountPage> {
  // The first step is enough where everything fits; the last ones look for the few among many.
  const steps = [limit + 1, 1000, 2000, 4000];
  const place = after?.by === sortedBy ? after : undefined;
  const found: Found = await walk(deps.db, look, { after: place, limit, steps });
  return {
    accounts: found.rows.map(accountFrom),
    next: found.next && writeAccountCursor({ by: sortedBy, key: found.next.key, id: found.next.id }),
    sortedBy,
  };
}
