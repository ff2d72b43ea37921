// What proves who a person is: the security page and those that lead from it.
import { get, post, type Route, signedIn } from '../../http/route.ts';
import { FRESH } from '../../signed-in/demand.ts';
import { inAccount } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { showRemoval, showRename, submitRemoval, submitRename } from './authenticator-page.ts';
import { showNewAuthenticator, submitNewAuthenticator } from './new-authenticator-page.ts';
import {
  DOWNLOAD_PATH,
  NEW_AUTHENTICATOR_PATH,
  RECOVERY_CODES_PATH,
  removePath,
  renamePath,
  SECURITY_PATH,
} from './paths.ts';
import { CONFIRMING } from './pending.ts';
import { showCodeCount, submitDownload, submitNewCodes } from './recovery-codes-page.ts';
import { showSecurity } from './security-page.ts';

/** A name lets nobody in; but the page is of somebody who has shown the factor. */
const WITH_FACTOR = { secondFactor: 'if_enrolled' } as const;

export function factorRoutes(deps: AccountDeps): readonly Route[] {
  return [
    get(SECURITY_PATH, signedIn, inAccount(deps, showSecurity(deps))),
    // Before the pattern of one authenticator, which it would match.
    get(NEW_AUTHENTICATOR_PATH, signedIn, inAccount(deps, showNewAuthenticator(deps), FRESH)),
    post(NEW_AUTHENTICATOR_PATH, signedIn, inAccount(deps, submitNewAuthenticator(deps), CONFIRMING)),
    get(renamePath(':id'), signedIn, inAccount(deps, showRename(deps), WITH_FACTOR)),
    post(renamePath(':id'), signedIn, inAccount(deps, submitRename(deps), WITH_FACTOR)),
    get(removePath(':id'), signedIn, inAccount(deps, showRemoval(deps), FRESH)),
    post(removePath(':id'), signedIn, inAccount(deps, submitRemoval(deps), FRESH)),
    get(RECOVERY_CODES_PATH, signedIn, inAccount(deps, showCodeCount(deps), FRESH)),
    post(RECOVERY_CODES_PATH, signedIn, inAccount(deps, submitNewCodes(deps), FRESH)),
    // What it reads is sealed to this session; after the first authenticator that is still one of a password.
    post(DOWNLOAD_PATH, signedIn, inAccount(deps, submitDownload(deps))),
  ];
}
