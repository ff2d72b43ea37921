// Where the links in mails lead. From the issuer, never from a request (T31).
import type { Config } from '../config/config.ts';

export const RESET_PATH = '/reset-password';
export const CONFIRM_EMAIL_PATH = '/confirm-email';
export const UNDO_EMAIL_CHANGE_PATH = '/undo-email-change';

/** Without a token: where a person asks for one. */
export const linkTo = ({ issuer }: Pick<Config, 'issuer'>, path: string, token?: string): string =>
  token === undefined ? `${issuer}${path}` : `${issuer}${path}?${new URLSearchParams({ token })}`;
