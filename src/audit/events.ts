// The catalogue of events. Each name says what happened, in the past tense; details are plain and never secret.

export const EVENTS = [
  // Signing in and out.
  'sign_in.succeeded',
  'sign_in.failed',
  'sign_in.limited',
  'sign_in.blocked_network',
  'sign_in.many_failures',
  'second_factor.failed',
  'session.ended',
  'sessions.ended',
  'device.new',
  'device.trusted',
  'device.forgotten',
  // Accounts and how they are reached.
  'account.registered',
  'account.created',
  'account.invited',
  'invitation.accepted',
  'account.banned',
  'account.unbanned',
  'account.deletion_requested',
  'account.deletion_cancelled',
  'account.deleted',
  'account.data_downloaded',
  'profile.changed',
  'username.changed',
  'email.verified',
  'email.change_requested',
  'email.changed',
  'email.change_undone',
  // Credentials.
  'password.reset_requested',
  'password.reset',
  'password.changed',
  'factor.added',
  'factor.renamed',
  'factor.removed',
  'recovery_codes.renewed',
  'recovery_code.used',
  // Apps.
  'consent.given',
  'consent.revoked',
] as const;

export type EventName = (typeof EVENTS)[number];
