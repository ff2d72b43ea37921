// /account: what the shop knows about a person, and where it came from.
import type Router from '@koa/router';
import type { Gate, Handler } from './gate.ts';
import { cannotReachServer, signInEnded } from './messages.ts';
import type { Pages } from './pages.ts';
import type { Session, Sessions } from './session.ts';
import type { Failure, SignIn } from './sign-in.ts';
import type { Refresh } from './token-refresh.ts';
import type { Visitors } from './visitors.ts';

export interface AccountPageDeps {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly visitors: Visitors;
  readonly refresh: Refresh;
  readonly pages: Pages;
}

export function addAccountPage(router: Router, gate: Gate, deps: AccountPageDeps): void {
  router.get('/account', gate.signedIn(showAccount(deps)));
  router.post('/account/refresh', gate.signedIn(refreshTokens(deps)));
}

const showAccount =
  ({ signIn, pages }: AccountPageDeps): Handler =>
  async (ctx, session) => {
    const { person } = session;
    const userInfo = await signIn.userInfo(person);
    pages.show(ctx, 'account', {
      title: 'Your account',
      idToken: json(person.claims),
      accessToken: json(decodeJwt(person.tokens.accessToken)),
      userInfo: userInfo.outcome === 'answered' ? json(userInfo.claims) : undefined,
      userInfoProblem: userInfo.outcome === 'answered' ? undefined : problemOf(userInfo),
      times: timesOf(session),
      canRefresh: person.tokens.refreshToken !== undefined,
    });
  };

const refreshTokens =
  ({ refresh, sessions, visitors, pages }: AccountPageDeps): Handler =>
  async (ctx, session) => {
    switch (await refresh(session)) {
      case 'refreshed':
        sessions.leaveNotice(session.id, 'Your tokens are new.');
        ctx.status = 303;
        return ctx.redirect('/account');
      case 'unreachable':
        return pages.showMessage(ctx, cannotReachServer('/account'));
      case 'ended':
        visitors.signOut(ctx);
        return pages.showMessage(ctx, signInEnded('/account'));
    }
  };

/**
 * The claims of an access token, unchecked and only for show: to an app the token is opaque, it is meant for the API.
 * Undefined when it is no JWT.
 */
export function decodeJwt(token: string): unknown {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function timesOf({ person, refreshes, issuedBefore }: Session) {
  const { iat, auth_time: authenticatedAt } = person.claims;
  return {
    refreshes,
    signedIn: typeof authenticatedAt === 'number' ? timeOf(authenticatedAt * 1000) : undefined,
    issued: timeOf(iat * 1000),
    issuedBefore: issuedBefore === undefined ? undefined : timeOf(issuedBefore * 1000),
    expires: timeOf(person.tokens.expiresAt),
    isExpired: person.tokens.expiresAt <= Date.now(),
  };
}

const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });

function timeOf(milliseconds: number) {
  const date = new Date(milliseconds);
  return { iso: date.toISOString(), text: `${clockTime.format(date)} UTC` };
}

const json = (claims: unknown): string | undefined =>
  claims === undefined ? undefined : JSON.stringify(claims, undefined, 2);

function problemOf(failure: Failure): string {
  switch (failure.outcome) {
    case 'refused':
      return `The server refused the access token (${failure.error}). It may have expired: refresh the tokens.`;
    case 'unreachable':
      return 'The sign-in server cannot be reached just now.';
    case 'invalid':
      return "The server's answer did not pass the shop's checks.";
  }
}
