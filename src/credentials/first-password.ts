// Who may come to a password by "forgot your password".
import { takesInvitations } from '../accounts/accept-invitation.ts';
import { findPasswordHash } from '../accounts/finding/find-credentials.ts';
import { findPasswordChange } from '../accounts/password-age.ts';
import type { CredentialDeps } from './deps.ts';

/**
 * Whoever has one already, or had one until a change of address was undone. Where `registration.policy` is `closed` nobody
 * else: an account that waits for its first password, as after an invitation, would otherwise be taken up all the same. An
 * administrator can start a reset for it.
 */
export const mayAskForPassword = async (
  { db, config }: Pick<CredentialDeps, 'db' | 'config'>,
  accountId: string,
): Promise<boolean> =>
  takesInvitations(config) ||
  (await findPasswordHash(db, accountId)) !== undefined ||
  (await findPasswordChange(db, accountId)) !== undefined;
