// Where the pages about accounts are.
import { ADMIN_PATH, pathOf } from '../navigation.ts';

export const ACCOUNTS_PATH = pathOf('accounts');

/** Not below `accounts`: a `sub` from elsewhere may be any word. */
export const CREATE_PATH = `${ADMIN_PATH}/create-account`;
export const INVITE_PATH = `${ADMIN_PATH}/invite-account`;

export const accountPath = (accountId: string, rest?: string): string =>
  `${ACCOUNTS_PATH}/${encodeURIComponent(accountId)}${rest === undefined ? '' : `/${rest}`}`;
