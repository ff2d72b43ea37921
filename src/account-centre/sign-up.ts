// `/register`: the sign-in of the account centre, beginning with making an account (Initiating User Registration 1.0).

import { signUpClosed } from '../http/refusals.ts';
import type { Handler } from '../http/route.ts';
import { isOpen } from '../registrations/policy.ts';
import { authorizationRequest } from './authorization-request.ts';
import type { AccountDeps } from './deps.ts';
import { ACCOUNT_PATH } from './navigation.ts';
import { seeOther } from './page.ts';

export const startSignUp =
  (deps: AccountDeps): Handler =>
  async (ctx) => {
    if (!isOpen(deps.config)) throw signUpClosed();
    const begin = { path: ACCOUNT_PATH, form: false, asked: { secondFactor: false } };
    seeOther(ctx, authorizationRequest(deps, begin, 'create'));
  };
