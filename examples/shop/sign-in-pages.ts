// /sign-in, /callback and /sign-out: sign-in.ts as pages.
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Gate, Handler } from './gate.ts';
import type { Log } from './log.ts';
import {
  cannotReachServer,
  signInInvalid,
  signInRefused,
  signInUnknown,
  somebodyElse,
  stepUpFailed,
} from './messages.ts';
import type { Pages } from './pages.ts';
import { PENDING_SECONDS, type PendingSignIn, type PendingSignIns } from './pending-sign-ins.ts';
import { returnPath, signInPath } from './return-to.ts';
import { randomId, type Session } from './session.ts';
import type { Failure, SignIn, StepUp } from './sign-in.ts';
import type { Visitors } from './visitors.ts';

export interface SignInPagesDeps {
  readonly shopUrl: string;
  readonly signIn: SignIn;
  readonly pending: PendingSignIns;
  readonly visitors: Visitors;
  readonly pages: Pages;
  readonly log: Log;
}

export function addSignInPages(router: Router, gate: Gate, deps: SignInPagesDeps): void {
  router.get('/sign-in', (ctx) =>
    startSignIn(deps, ctx, { returnTo: returnPath(queried(ctx, 'return_to'), deps.shopUrl) }),
  );
  router.get('/callback', (ctx) => finishSignIn(deps, ctx));
  router.post('/sign-out', gate.signedIn(signOut(deps)));
}

/** The cookie shows that it was this browser that began: nobody can be signed in by a link that somebody else prepared. */
const attemptCookie = (state: string): string => `shop_sign_in_${state.slice(0, 12)}`;
const attemptAttributes = { httpOnly: true, sameSite: 'lax', path: '/callback' } as const;

async function startSignIn(
  deps: SignInPagesDeps,
  ctx: Context,
  { returnTo, stepUp, stepUpOf }: { returnTo: string; stepUp?: StepUp; stepUpOf?: string },
): Promise<void> {
  const started = await deps.signIn.start(stepUp);
  if (started.outcome !== 'started') return showFailure(deps, ctx, { failure: started, returnTo, stepUpOf });
  const { state } = started.attempt;
  deps.pending.remember({ attempt: started.attempt, returnTo, stepUpOf });
  ctx.cookies.set(attemptCookie(state), state, { ...attemptAttributes, maxAge: PENDING_SECONDS * 1000 });
  redirect(ctx, started.url);
}

export type StepUpSignIn = (ctx: Context, session: Session, how: { stepUp: StepUp; returnTo: string }) => Promise<void>;

/** Sends somebody who is signed in to prove more of it, and back to `returnTo`. The session stays if they do not. */
export const createStepUpSignIn =
  (deps: SignInPagesDeps): StepUpSignIn =>
  (ctx, { person }, { stepUp, returnTo }) =>
    startSignIn(deps, ctx, { returnTo, stepUp, stepUpOf: person.subject });

async function finishSignIn(deps: SignInPagesDeps, ctx: Context): Promise<void> {
  const pending = consumePending(deps, ctx);
  if (pending === undefined) {
    // A reloaded callback of somebody who is signed in by now needs no page about it.
    return deps.visitors.current(ctx) ? redirect(ctx, '/') : deps.pages.showMessage(ctx, signInUnknown);
  }
  const { attempt, returnTo, stepUpOf } = pending;
  const result = await deps.signIn.finish(new URL(`/callback?${ctx.querystring}`, deps.shopUrl), attempt);
  if (result.outcome !== 'signed_in') return showFailure(deps, ctx, { failure: result, returnTo, stepUpOf });
  if (stepUpOf === undefined || stepUpOf === result.person.subject) {
    deps.visitors.signIn(ctx, result.person);
    return redirect(ctx, returnTo);
  }
  deps.visitors.signIn(ctx, result.person, { notice: somebodyElse(result.person) });
  redirect(ctx, '/');
}

function consumePending({ pending }: SignInPagesDeps, ctx: Context): PendingSignIn | undefined {
  const state = queried(ctx, 'state') ?? '';
  const name = attemptCookie(state);
  // Characters that no state of ours has cannot be part of a cookie's name either.
  if (!/^[\w-]{20,100}$/.test(state) || ctx.cookies.get(name) !== state) return undefined;
  ctx.cookies.set(name, null, attemptAttributes);
  return pending.consume(state);
}

interface FailedSignIn {
  readonly failure: Failure;
  readonly returnTo: string;
  readonly stepUpOf?: string | undefined;
}

function showFailure(
  { pages, log }: SignInPagesDeps,
  ctx: Context,
  { failure, returnTo, stepUpOf }: FailedSignIn,
): void {
  const isStepUp = stepUpOf !== undefined;
  switch (failure.outcome) {
    case 'refused':
      log(`sign-in refused: ${failure.error}`);
      pages.showMessage(
        ctx,
        isStepUp ? stepUpFailed(failure.error, returnTo) : signInRefused(failure.error, failure.description, returnTo),
      );
      break;
    case 'unreachable':
      log(`sign-in: the server cannot be reached: ${failure.reason}`);
      pages.showMessage(ctx, cannotReachServer(isStepUp ? returnTo : signInPath(returnTo)));
      break;
    case 'invalid':
      log(`sign-in failed a check: ${failure.reason}`);
      pages.showMessage(ctx, isStepUp ? stepUpFailed(undefined, returnTo) : signInInvalid(returnTo));
  }
}

const SIGNED_OUT_COOKIE = 'shop_signed_out';

/** Ends the session here, whatever happens next, and then at the server. */
const signOut =
  (deps: SignInPagesDeps): Handler =>
  async (ctx, session) => {
    deps.visitors.signOut(ctx);
    const state = randomId();
    const ready = await deps.signIn.signOutUrl(session.person, state);
    if (ready.outcome !== 'ready') {
      deps.log('sign-out: the server could not be told');
      return deps.pages.showMessage(ctx, {
        title: 'You are signed out of the shop',
        paragraphs: ['The sign-in server could not be told, so you may still be signed in there.'],
        action: { label: 'Back to the shop', href: '/' },
      });
    }
    ctx.cookies.set(SIGNED_OUT_COOKIE, state, { httpOnly: true, sameSite: 'lax', maxAge: PENDING_SECONDS * 1000 });
    redirect(ctx, ready.url);
  };

/** Whether this is the return from a sign-out that this browser asked for; true once. */
export function returnsFromSignOut(ctx: Context): boolean {
  const state = queried(ctx, 'state');
  if (state === undefined || ctx.cookies.get(SIGNED_OUT_COOKIE) !== state) return false;
  ctx.cookies.set(SIGNED_OUT_COOKIE, null, { httpOnly: true, sameSite: 'lax' });
  return true;
}

const queried = (ctx: Context, name: string): string | undefined =>
  new URLSearchParams(ctx.querystring).get(name) ?? undefined;

/** 303: what follows is a GET, also after a POST. */
function redirect(ctx: Context, url: string): void {
  ctx.status = 303;
  ctx.redirect(url);
}
