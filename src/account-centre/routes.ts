// The sitemap of the account centre. A page says at its route how fresh and how strong a sign-in it wants.
import { SIGNED_IN_PATH } from '../clients/live/built-in.ts';
import { anyone, get, post, type Route, signedIn } from '../http/route.ts';
import { ACCOUNT_PATH, pagesAmong } from '../signed-in/paths.ts';
import { returnFromSignIn } from '../signed-in/return-page.ts';
import { inAccount } from '../signed-in/signed-in.ts';
import { ACTIVITY_PATH, showActivity } from './activity-page.ts';
import { APPS_PATH, showApp, showApps, submitDisconnect } from './apps-page.ts';
import { credentialRoutes } from './credentials/routes.ts';
import type { AccountDeps, AccountParts } from './deps.ts';
import { DEVICES_PATH, showDevices, submitForgetAllDevices, submitForgetDevice } from './devices-page.ts';
import { factorRoutes } from './factors/routes.ts';
import { showOverview } from './overview-page.ts';
import { profileRoutes } from './own-data/profile-routes.ts';
import { SESSIONS_PATH, showSessions, submitEndOtherSessions, submitEndSession } from './sessions-page.ts';
import { submitSignOut } from './sign-out.ts';
import { startSignUp } from './sign-up.ts';

const at = (page: string) => `${ACCOUNT_PATH}/${page}`;

export function accountRoutes(parts: AccountParts): readonly Route[] {
  const deps: AccountDeps = { ...parts, isPage: pagesAmong(() => routes) };
  const routes: readonly Route[] = [
    get('/register', anyone, startSignUp(deps)),
    get(SIGNED_IN_PATH, anyone, returnFromSignIn(deps)),
    get(ACCOUNT_PATH, signedIn, inAccount(deps, showOverview(deps))),
    get(ACTIVITY_PATH, signedIn, inAccount(deps, showActivity(deps))),
    get(APPS_PATH, signedIn, inAccount(deps, showApps(deps))),
    get(at('apps/:clientId'), signedIn, inAccount(deps, showApp(deps))),
    post(at('apps/:clientId/disconnect'), signedIn, inAccount(deps, submitDisconnect(deps))),
    get(DEVICES_PATH, signedIn, inAccount(deps, showDevices(deps))),
    post(at('devices/forget-all'), signedIn, inAccount(deps, submitForgetAllDevices(deps))),
    post(at('devices/:id/forget'), signedIn, inAccount(deps, submitForgetDevice(deps))),
    get(SESSIONS_PATH, signedIn, inAccount(deps, showSessions(deps))),
    post(at('sessions/:handle/end'), signedIn, inAccount(deps, submitEndSession(deps))),
    post(at('sessions/end-others'), signedIn, inAccount(deps, submitEndOtherSessions(deps))),
    ...credentialRoutes(deps),
    ...factorRoutes(deps),
    ...profileRoutes(deps),
    post(at('sign-out'), signedIn, submitSignOut(deps)),
  ];
  return routes;
}
