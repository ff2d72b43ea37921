// Where people change what they sign in with.
import { get, post, type Route, signedIn } from '../../http/route.ts';
import { type Demand, FRESH } from '../../signed-in/demand.ts';
import { type AccountStep, inAccount } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { EMAIL_PATH, showEmail, submitEmail } from './email-page.ts';
import { PASSWORD_PATH, showPassword, submitPassword } from './password-page.ts';
import { showUsername, submitUsername, USERNAME_PATH } from './username-page.ts';

/** The page asks for the password itself; a second factor that there is has to have been used as well. */
const WITH_FACTOR: Demand = { secondFactor: 'if_enrolled' };

export function credentialRoutes(deps: AccountDeps): readonly Route[] {
  const page = (path: string, show: AccountStep, submit: AccountStep, demand?: Demand) => [
    get(path, signedIn, inAccount(deps, show, demand)),
    post(path, signedIn, inAccount(deps, submit, demand)),
  ];
  return [
    ...page(PASSWORD_PATH, showPassword(deps), submitPassword(deps), WITH_FACTOR),
    ...page(EMAIL_PATH, showEmail(deps), submitEmail(deps), FRESH),
    ...page(USERNAME_PATH, showUsername(deps), submitUsername(deps), FRESH),
  ];
}
