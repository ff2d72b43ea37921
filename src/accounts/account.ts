// What an account is.

/** `deleting`: its owner has asked for it, and can keep it until `deleteAt`. */
export const ACCOUNT_STATUSES = ['active', 'banned', 'deleting'] as const;

export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

export interface Account {
  /** Random, or brought along from another system, and never reused; the `sub` of every token. */
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | undefined;
  readonly displayName: string | undefined;
  /** The language that its owner last used here; mails are written in it. */
  readonly language: string | undefined;
  readonly status: AccountStatus;
  /** Why the status was last changed, in an operator's words; never shown to the account's owner. */
  readonly statusReason: string | undefined;
  /** Also of an account that was banned after its owner had asked for the deletion. */
  readonly deleteAt: Date | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastSignInAt: Date | undefined;
}

/** Whether the account may sign in, hold sessions and receive tokens. */
export const isUsable = (account: Account): boolean => account.status === 'active';
