// Which events an operator means.
import { findAccount, findAccountByIdentifier } from '../../accounts/accounts.ts';
import { type EventFilterField, readEventFilters } from '../../audit/read-filters.ts';
import type { EventFilters } from '../../audit/search-events.ts';
import type { Db } from '../../database/database.ts';
import { CommandFailed } from '../failure.ts';

/** Options by the names that commander gives them. */
export type FilterOptions = Partial<Readonly<Record<Exclude<EventFilterField, 'request_id'> | 'requestId', string>>>;

/** @throws CommandFailed `invalid` */
export async function filtersFrom(db: Db, { requestId, ...options }: FilterOptions): Promise<EventFilters> {
  const { account } = options;
  const read = readEventFilters({
    ...options,
    request_id: requestId,
    account: account === undefined ? undefined : await accountIdOf(db, account),
  });
  if (read.outcome === 'read') return read.filters;
  const reasons = read.problems.map(({ field, message }) => `\n  --${field.replace('_', '-')}: ${message}`);
  throw new CommandFailed('invalid', `Nothing was looked for:${reasons.join('')}`);
}

/** Events outlive their account: an id that there is no account for any more is still looked for. */
const accountIdOf = async (db: Db, who: string): Promise<string> =>
  ((await findAccount(db, who)) ?? (await findAccountByIdentifier(db, who)))?.id ?? who;
