// The first administrator, with a second factor: everything in one transaction, or nothing.
import type { Account } from '../accounts/account.ts';
import type { NewAccount } from '../accounts/account-row.ts';
import { insertAccount } from '../accounts/accounts.ts';
import type { PasswordHasher } from '../accounts/password-hash.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { ADMIN_ROLE } from '../config/roles/role-names.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { grantRole } from '../roles/assignments.ts';
import { noteFirstGrant } from '../roles/roles.ts';
import { storeFirstAuthenticator } from '../second-factors/enrol-totp.ts';
import { newRecoveryCodes } from '../second-factors/recovery-codes.ts';
import { hasHadAdministrator, spendSetupLink } from './setup-link.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  readonly hasher: PasswordHasher;
}

export interface FirstAdministrator {
  readonly tokenHash: string;
  readonly account: NewAccount;
  readonly authenticatorName: string;
  /** Of the authenticator, proved by the code of this time step. */
  readonly secret: string;
  readonly step: number;
  /** Where the request came from. */
  readonly source?: Source | undefined;
}

export type FirstAdministratorCreation =
  | { readonly outcome: 'created'; readonly account: Account; readonly recoveryCodes: readonly string[] }
  /** Somebody else was faster, with this link or at the command line. */
  | { readonly outcome: 'closed' }
  /** The link has expired, or a newer one was made. */
  | { readonly outcome: 'void' }
  | { readonly outcome: 'email_taken' };

/** Of several that finish at once exactly one creates anything. @throws Refusal `busy` (503) */
export async function createFirstAdministrator(
  deps: Deps,
  { tokenHash, account: wanted, authenticatorName, secret, step, source }: FirstAdministrator,
): Promise<FirstAdministratorCreation> {
  // Ten hashes take longer than a transaction should.
  const codes = await newRecoveryCodes(deps.hasher);
  try {
    return await atomically(deps.db, async (tx) => {
      const inside = { ...deps, db: tx };
      if (!(await spendSetupLink(inside, tokenHash))) {
        return { outcome: (await hasHadAdministrator(tx)) ? 'closed' : 'void' };
      }
      if (!(await noteFirstGrant(tx, ADMIN_ROLE))) return { outcome: 'closed' };
      const account = await insertAccount(inside, wanted);
      if (typeof account === 'string') throw new EmailTaken();
      const authenticator = { accountId: account.id, name: authenticatorName, secret, lastStep: step };
      await storeFirstAuthenticator(inside, authenticator, codes);
      await grantRole(tx, { accountId: account.id, role: ADMIN_ROLE });
      const whose = { accountId: account.id, source };
      await recordEvent(inside, { event: 'account.created', ...whose, details: { roles: [ADMIN_ROLE] } });
      await recordEvent(inside, { event: 'role.granted', ...whose, subject: `role:${ADMIN_ROLE}` });
      return { outcome: 'created', account, recoveryCodes: codes.codes };
    });
  } catch (error) {
    if (error instanceof EmailTaken) return { outcome: 'email_taken' };
    throw error;
  }
}

/** Thrown to undo what was done before it, the spending of the link among it. */
class EmailTaken extends Error {
  override readonly name = 'EmailTaken';
}
