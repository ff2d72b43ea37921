// `/register`: the sign-in of the account centre, beginning with making an account (Initiating User Registration 1.0).
import type { Handler } from '../http/route.ts';
import { authorizationRequest } from './authorization-request.ts';
import type { AccountDeps } from './deps.ts';
import { ACCOUNT_PATH } from './navigation.ts';
import { seeOther } from './page.ts';

export const startSignUp =
  (deps: AccountDeps): Handler =>
  async (ctx) => {
    const begin = { path: ACCOUNT_PATH, form: false, asked: { secondFactor: false } };
    seeOther(ctx, authorizationRequest(deps, begin, 'create'));
  };
