// One of each mail, as the rooms write them; names as people choose them.
import type { MailMessage, MailName } from '../../../src/mail/messages.ts';

const issuer = 'https://auth.example.com';
const token = 'k3Jx0v9QmZ7w2Lr5T8yB1nC4pD6fG0hS';
const where = { device: 'Firefox on Windows', address: '203.0.113.7' };
const accountLink = `${issuer}/account/security`;

type Samples = { readonly [Name in MailName]: Extract<MailMessage, { mail: Name }> };

export const MAILS: Samples = {
  verify_email: {
    mail: 'verify_email',
    code: '40713862',
    link: `${issuer}/verify-email?token=${token}`,
    app: 'Demo Shop',
  },
  already_registered: {
    mail: 'already_registered',
    signInLink: `${issuer}/account`,
    resetLink: `${issuer}/reset-password?token=${token}`,
  },
  welcome: { mail: 'welcome', accountLink: `${issuer}/account` },
  invitation: { mail: 'invitation', link: `${issuer}/invitation?token=${token}`, days: 7 },
  sign_in_code: { mail: 'sign_in_code', code: '40713862', minutes: 10, where, resetLink: `${issuer}/reset-password` },
  reset_password: { mail: 'reset_password', link: `${issuer}/reset-password?token=${token}`, minutes: 20, where },
  password_changed: { mail: 'password_changed', resetLink: `${issuer}/forgot-password`, where },
  confirm_email: { mail: 'confirm_email', link: `${issuer}/confirm-email?token=${token}`, hours: 24 },
  email_change_requested: { mail: 'email_change_requested', newEmail: 'jane@new.example', where },
  email_changed: {
    mail: 'email_changed',
    newEmail: 'jane@new.example',
    undo: { link: `${issuer}/undo-email-change?token=${token}`, hours: 72 },
  },
  username_changed: { mail: 'username_changed', username: 'jane.doe', where, accountLink },
  new_device: { mail: 'new_device', where, accountLink },
  factor_added: { mail: 'factor_added', factor: 'Phone', where, accountLink },
  factor_removed: { mail: 'factor_removed', factor: 'Phone', where, accountLink },
  recovery_code_used: { mail: 'recovery_code_used', left: 1, where, accountLink },
  recovery_codes_renewed: { mail: 'recovery_codes_renewed', where, accountLink },
  account_banned: { mail: 'account_banned' },
  account_deletion_requested: {
    mail: 'account_deletion_requested',
    until: '2026-06-01T10:00:00Z',
    keepLink: `${issuer}/keep-account?token=${token}`,
  },
  account_deletion_cancelled: { mail: 'account_deletion_cancelled' },
  account_deleted: { mail: 'account_deleted' },
  test: { mail: 'test' },
};
