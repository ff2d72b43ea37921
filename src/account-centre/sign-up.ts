// `/register`: the sign-in of the account centre, beginning with making an account (Initiating User Registration 1.0).

import { signUpClosed } from '../http/refusals.ts';
import type { Handler } from '../http/route.ts';
import { isOpen } from '../registrations/policy.ts';
import { authorizationRequest } from '../signed-in/authorization-request.ts';
import { seeOther } from '../signed-in/form.ts';
import { ACCOUNT_PATH } from '../signed-in/paths.ts';
import type { AccountDeps } from './deps.ts';

export const startSignUp =
  (deps: AccountDeps): Handler =>
  async (ctx) => {
    if (!isOpen(deps.config)) throw signUpClosed();
    const begin = { path: ACCOUNT_PATH, form: false, asked: { secondFactor: false } };
    seeOther(ctx, authorizationRequest(deps, begin, 'create'));
  };
