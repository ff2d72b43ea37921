// An account as its row says it, and as it is written into one.
import type { RawBuilder, Selectable } from 'kysely';
import type { AccountsTable } from '../database/schema.ts';
import type { Account } from './account.ts';

export const ACCOUNT_COLUMNS = [
  'id',
  'email',
  'email_verified_at',
  'username',
  'display_name',
  'language',
  'status',
  'status_reason',
  'delete_at',
  'created_at',
  'updated_at',
  'last_sign_in_at',
] as const;

export const accountFrom = (row: Pick<Selectable<AccountsTable>, (typeof ACCOUNT_COLUMNS)[number]>): Account => ({
  id: row.id,
  email: row.email,
  emailVerified: row.email_verified_at !== null,
  username: row.username ?? undefined,
  displayName: row.display_name ?? undefined,
  language: row.language ?? undefined,
  status: row.status,
  statusReason: row.status_reason ?? undefined,
  deleteAt: row.delete_at ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  lastSignInAt: row.last_sign_in_at ?? undefined,
});

export interface FirstPassword {
  readonly accountId: string;
  readonly passwordHash: string;
  readonly displayName: string | undefined;
  readonly language: string;
  /** Accepted with it. */
  readonly termsVersion: string | undefined;
}

export interface ReplacedEmail {
  readonly accountId: string;
  readonly from: string;
  readonly to: { readonly address: string; readonly key: string };
  readonly proved?: boolean;
}

export interface NewAccount {
  readonly email: { readonly address: string; readonly key: string };
  readonly emailVerified: boolean;
  readonly username: { readonly username: string; readonly key: string } | undefined;
  readonly displayName: string | undefined;
  readonly passwordHash: string | undefined;
  readonly language?: string | undefined;
  readonly terms?: { readonly version: string; readonly acceptedAt: Date } | undefined;
}

export const newColumns = (account: NewAccount, now: RawBuilder<Date>) => ({
  email: account.email.address,
  email_key: account.email.key,
  email_verified_at: account.emailVerified ? now : null,
  username: account.username?.username ?? null,
  username_key: account.username?.key ?? null,
  display_name: account.displayName ?? null,
  language: account.language ?? null,
  terms_version: account.terms?.version ?? null,
  terms_accepted_at: account.terms?.acceptedAt ?? null,
  password_hash: account.passwordHash ?? null,
  updated_at: now,
});

/** An account of another system; what is undefined is as in an account that is made here. */
export interface BroughtAccount extends NewAccount {
  readonly id: string;
  readonly status: 'active' | 'banned';
  readonly statusReason: string | undefined;
  readonly createdAt: Date | undefined;
  readonly lastSignInAt: Date | undefined;
}

export const broughtColumns = (account: BroughtAccount, now: RawBuilder<Date>) => ({
  ...newColumns(account, now),
  id: account.id,
  status: account.status,
  status_reason: account.statusReason ?? null,
  created_at: account.createdAt ?? now,
  last_sign_in_at: account.lastSignInAt ?? null,
});
