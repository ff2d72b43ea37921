// What the API says of accounts.
import { z } from 'zod';
import { ACCOUNT_STATUSES, type Account } from '../../accounts/account.ts';
import { findAccount } from '../../accounts/accounts.ts';
import { findProfile, type Profile } from '../../profiles/profiles.ts';
import type { ApiDeps } from '../deps.ts';
import { accountId, found, moment, said } from '../fields.ts';

export const accountParams = z.object({ accountId });

const account = z.object({
  id: z.string().describe('The `sub` of its tokens; given once.'),
  email: z.string(),
  email_verified: z.boolean(),
  username: z.string().nullable(),
  name: z.string().nullable(),
  language: z.string().nullable(),
  status: z.enum(ACCOUNT_STATUSES),
  status_reason: z.string().nullable().describe('Why it was last changed; its owner never sees it.'),
  delete_at: moment.nullable(),
  created_at: moment,
  updated_at: moment,
  last_sign_in_at: moment.nullable(),
});

export const listedAccount = account.meta({ id: 'ListedAccount' });

export const accountSchema = account
  .extend({
    claims: z.record(z.string(), z.string()).describe('Of OpenID Connect: given_name, phone_number …'),
    attributes: z.record(z.string(), z.unknown()).describe('Of the configuration, by name.'),
  })
  .meta({ id: 'Account' });

export const listed = (account: Account) => ({
  id: account.id,
  email: account.email,
  email_verified: account.emailVerified,
  username: account.username ?? null,
  name: account.displayName ?? null,
  language: account.language ?? null,
  status: account.status,
  status_reason: account.statusReason ?? null,
  delete_at: said(account.deleteAt),
  created_at: account.createdAt.toISOString(),
  updated_at: account.updatedAt.toISOString(),
  last_sign_in_at: said(account.lastSignInAt),
});

const whole = (account: Account, { claims, attributes }: Profile) => ({ ...listed(account), claims, attributes });

/** @throws Refusal 404 */
export async function readAccount({ db }: Pick<ApiDeps, 'db'>, id: string) {
  const account = found(await findAccount(db, id));
  return { account, body: whole(account, await findProfile(db, id)) };
}
