// Makes the accounts of many rows in one transaction, with all that belongs to them.
import type { BroughtAccount } from '../accounts/account-row.ts';
import { insertAccounts } from '../accounts/accounts.ts';
import { type AuditDeps, recordEvents } from '../audit/audit-log.ts';
import { newId } from '../crypto/identifiers.ts';
import { atomically } from '../database/atomically.ts';
import { isRefusedByDatabase } from '../database/constraint-errors.ts';
import { insertProfiles } from '../profiles/profiles.ts';
import { give } from './give.ts';
import type { Incoming } from './incoming.ts';

export type Stored =
  | { readonly outcome: 'created' }
  /** Somebody was quicker: there is an account now that stands in its way. */
  | { readonly outcome: 'overtaken' }
  | { readonly outcome: 'refused'; readonly problem: string };

/** In the order of the rows. What one row alone breaks stops no other. */
export async function storeAccounts(deps: AuditDeps, rows: readonly Incoming[]): Promise<readonly Stored[]> {
  if (rows.length === 0) return [];
  try {
    return await atomically(deps.db, (db) => storeTogether({ ...deps, db }, rows));
  } catch (error) {
    if (!isRefusedByDatabase(error)) throw error;
    if (rows.length === 1) return [{ outcome: 'refused', problem: `the database refuses it: ${error.message}` }];
    const alone: Stored[] = [];
    for (const row of rows) alone.push(...(await storeAccounts(deps, [row])));
    return alone;
  }
}

async function storeTogether(deps: AuditDeps, rows: readonly Incoming[]): Promise<readonly Stored[]> {
  const accounts = rows.map((row) => ({ row, account: accountOf(row) }));
  const ids = await insertAccounts(deps, inOrder(accounts.map(({ account }) => account)));
  const made = accounts.filter(({ account }) => ids.has(account.id));
  await insertProfiles(
    deps,
    made.flatMap(({ row: { claims, attributes }, account }) =>
      Object.keys(claims).length + Object.keys(attributes).length === 0
        ? []
        : [{ accountId: account.id, claims, attributes }],
    ),
  );
  await give(
    deps,
    made.map(({ row, account }) => ({ row, accountId: account.id })),
  );
  await recordEvents(
    deps,
    made.map(({ row, account }) => ({
      event: 'account.created',
      accountId: account.id,
      actor: 'operator',
      details: { roles: row.roles.map(({ name }) => name), groups: row.groups.map(({ name }) => name), imported: true },
    })),
  );
  return accounts.map(({ account }) => ({ outcome: ids.has(account.id) ? 'created' : 'overtaken' }));
}

/** The same for everybody: two imports at once wait for each other, and never both. */
const inOrder = (accounts: readonly BroughtAccount[]): readonly BroughtAccount[] =>
  accounts.toSorted((a, b) => (a.email.key < b.email.key ? -1 : 1));

const accountOf = (row: Incoming): BroughtAccount => ({
  ...row,
  id: row.id ?? newId(),
  emailVerified: row.emailVerified ?? false,
  status: row.status ?? 'active',
});
