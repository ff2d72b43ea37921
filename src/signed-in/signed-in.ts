// Who is at a page of the account centre: decided anew at every request, from the session that all apps share.
import type Koa from 'koa';
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import { sourceOf } from '../http/request-source.ts';
import type { Handler, RouteContext } from '../http/route.ts';
import type { BrowserSession } from '../provider/browser-session.ts';
import { countVisit } from '../sessions/session-lifetime.ts';
import { askToSignIn } from './authorization-request.ts';
import { type Demand, missingFor } from './demand.ts';
import type { SignedInDeps } from './deps.ts';

export interface SignedIn {
  readonly account: Account;
  readonly session: Omit<BrowserSession, 'accountId'>;
}

export type AccountStep = (ctx: RouteContext, me: SignedIn) => Promise<void>;

/**
 * Runs a step for the person who is signed in. Who is not, or too long ago, or without the second factor that is needed,
 * goes to an authorization request and comes back to this page; from a form to the page that shows it.
 */
export const inAccount =
  (deps: SignedInDeps, step: AccountStep, demand: Demand = {}): Handler =>
  async (ctx) => {
    const me = await whoIsSignedIn(deps, ctx);
    const missing = await missingFor(deps, me, demand);
    if (me === undefined || missing !== undefined) {
      return askToSignIn(deps, ctx, missing ?? { secondFactor: false });
    }
    const limits = deps.config.sessions;
    await countVisit({ ...deps, limits }, { uid: me.session.uid, source: sourceOf(ctx) });
    return step(ctx, me);
  };

/** Undefined also for an account that was banned, or deleted, since it signed in. */
export async function whoIsSignedIn(deps: SignedInDeps, ctx: Koa.Context): Promise<SignedIn | undefined> {
  const found = await deps.browserSession(ctx);
  const account = found === undefined ? undefined : await findAccount(deps.db, found.accountId);
  if (found === undefined || account === undefined || !isUsable(account)) return undefined;
  const { accountId: _accountId, ...session } = found;
  return { account, session };
}
