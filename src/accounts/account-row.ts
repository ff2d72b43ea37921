// An account as its row says it.
import type { Selectable } from 'kysely';
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
