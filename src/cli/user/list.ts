// gatehouse user list and user show.
import type { AccountStatus } from '../../accounts/account.ts';
import { listAccounts } from '../../accounts/finding/list-accounts.ts';
import { findProfile } from '../../profiles/profiles.ts';
import { heldRoles } from '../../roles/held.ts';
import { countRecoveryCodes } from '../../second-factors/recovery-codes.ts';
import { hasSecondFactor } from '../../second-factors/second-factor.ts';
import { commandConfig } from '../configuration.ts';
import { details, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { accountResult } from './account-result.ts';
import { requireAccount } from './require-account.ts';

export const listUsers = (
  invocation: Invocation,
  { limit, status }: { limit: number; status?: AccountStatus | undefined },
): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    const found = await listAccounts(db, { limit: limit + 1, status });
    const accounts = found.slice(0, limit);
    const more = found.length > limit;
    const rows = accounts.map((account) => [
      account.email,
      account.username,
      account.displayName,
      account.status,
      account.lastSignInAt,
    ]);
    const text = table(['E-MAIL', 'USERNAME', 'NAME', 'STATUS', 'LAST SIGN-IN'], rows);
    return {
      result: { accounts: accounts.map(accountResult), more },
      text: more ? `${text}\nThere are more; --limit shows them.` : text,
    };
  });

export const showUser = (invocation: Invocation, { who }: { who: string }): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db, clock }) => {
    const account = await requireAccount(db, who);
    const profile = await findProfile(db, account.id);
    const { roles, requireSecondFactor } = await heldRoles({ db, clock }, account.id);
    const secondFactor = await hasSecondFactor(db, account.id);
    const recoveryCodesLeft = await countRecoveryCodes(db, account.id);
    return {
      result: {
        ...accountResult(account),
        roles,
        second_factor: secondFactor,
        second_factor_demanded_by_role: requireSecondFactor,
        recovery_codes_left: recoveryCodesLeft,
        profile: profile.claims,
        attributes: profile.attributes,
      },
      text: details([
        ['id', account.id],
        ['e-mail', `${account.email}${account.emailVerified ? '' : ' (not verified)'}`],
        ['username', account.username],
        ['name', account.displayName],
        ['status', account.statusReason ? `${account.status}: ${account.statusReason}` : account.status],
        ...(account.deleteAt === undefined ? [] : [['to be deleted', account.deleteAt] as const]),
        ...Object.entries({ ...profile.claims, ...profile.attributes }).map(
          ([name, value]) => [name, cellOf(value)] as const,
        ),
        ['roles', roles.join(', ')],
        ['second factor', secondFactor],
        ['a role demands one', requireSecondFactor],
        ['recovery codes left', recoveryCodesLeft],
        ['created', account.createdAt],
        ['last sign-in', account.lastSignInAt],
      ]),
    };
  });

const cellOf = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));
