// An account as `--json` shows it.
import type { Account } from '../../accounts/account.ts';

export const accountResult = (account: Account) => ({
  id: account.id,
  email: account.email,
  email_verified: account.emailVerified,
  username: account.username,
  name: account.displayName,
  status: account.status,
  status_reason: account.statusReason,
  delete_at: account.deleteAt,
  created_at: account.createdAt,
  last_sign_in_at: account.lastSignInAt,
});
