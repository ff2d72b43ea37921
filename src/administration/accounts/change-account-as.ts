// Changes what an account says of its owner, and how they are reached; all of it or nothing.
import type { Account } from '../../accounts/account.ts';
import { findAccount } from '../../accounts/accounts.ts';
import { isIdentifierTaken } from '../../accounts/taken.ts';
import { changeProfile, type ProfileChange } from '../../profiles/change-profile.ts';
import { type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { change } from '../change.ts';
import { accountFor } from '../guards.ts';
import { type NotDone, type Outcome, versionOf } from '../outcomes.ts';
import type { AccountDeps } from './deps.ts';
import { type NewIdentifiers, setIdentifiers } from './identifiers-as.ts';

/** What is left out stays; an empty text takes away what was there. */
export interface AccountChanges extends NewIdentifiers, ProfileChange {}

export interface ChangeOfAccount {
  readonly accountId: string;
  readonly changes: AccountChanges;
  /** As `versionOf` said when it was read. */
  readonly version?: string | undefined;
}

export async function changeAccountAs(
  deps: AccountDeps,
  by: Administrator,
  { accountId, changes, version }: ChangeOfAccount,
): Promise<Outcome<{ account: Account; fields: readonly string[] }>> {
  const doing = { by, needs: 'accounts:write', action: 'account.change', accountId } as const;
  try {
    return await change(deps, doing, async (inside, acting) => {
      // Their own address people change where the password is asked for.
      const own = changes.email === undefined ? 'allowed' : 'refused';
      const account = await accountFor(inside, acting, { accountId, own });
      if ('outcome' in account) return account;
      if (version !== undefined && version !== versionOf(account)) return { outcome: 'changed_meanwhile' };
      const identifiers = await setIdentifiers(inside, { by, account, changes });
      if ('outcome' in identifiers) return identifiers;
      const profile = await setProfile(inside, { by, accountId, changes });
      if ('outcome' in profile) return profile;
      const fields = [...identifiers, ...profile];
      const changed = await findAccount(inside.db, accountId);
      if (changed === undefined || fields.length === 0) return { outcome: 'unchanged' };
      return { outcome: 'done', account: changed, fields };
    });
  } catch (error) {
    if (isIdentifierTaken(error))
      return { outcome: 'taken', field: changes.email === undefined ? 'username' : 'email' };
    throw error;
  }
}

async function setProfile(
  inside: AccountDeps,
  { by, accountId, changes }: { by: Administrator; accountId: string; changes: AccountChanges },
): Promise<readonly string[] | NotDone> {
  const { name, claims = {}, attributes = {} } = changes;
  const editing = { accountId, as: 'operator', actor: actorOf(by), source: sourceOf(by) } as const;
  const changed = await changeProfile(inside, editing, { name, claims, attributes });
  switch (changed.outcome) {
    case 'changed':
      return changed.fields;
    case 'invalid':
      return {
        outcome: 'invalid',
        problems: changed.problems.map(({ field, problem, values }) => ({ field, key: problem, values })),
      };
    case 'unknown_account':
      return { outcome: 'unknown', what: 'account', name: accountId };
  }
}
