// What the shop asks its API for, with the access token of the person, on the server: no token reaches the browser.
import type { Log } from './log.ts';
import type { PayoutAccount, PayoutProblems } from './payout-form.ts';
import type { Session, Sessions } from './session.ts';
import type { ApiAnswer, ApiRequest, SignIn, StepUp } from './sign-in.ts';
import type { Refresh } from './token-refresh.ts';

export interface KnownAccount {
  readonly holder: string;
  readonly iban_ending: string;
}

/** As the API writes them. */
export interface Statement {
  readonly sales: readonly { readonly title: string; readonly sold_on: string; readonly cents: number }[];
  readonly earned_cents: number;
  readonly payout_account: KnownAccount | null;
}

export interface Payout {
  readonly seller: string;
  readonly cents: number;
  readonly account: KnownAccount | null;
}

export type Trouble =
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'unreachable' }
  /** The sign-in is over. */
  | { readonly outcome: 'ended' };

export type ChangedAccount =
  | { readonly outcome: 'changed'; readonly account: KnownAccount }
  | { readonly outcome: 'step_up'; readonly stepUp: StepUp }
  | { readonly outcome: 'invalid'; readonly problems: PayoutProblems }
  | Trouble;

export interface Earnings {
  statement(session: Session): Promise<{ readonly outcome: 'known'; readonly statement: Statement } | Trouble>;
  /** For shop admins. */
  payouts(session: Session): Promise<{ readonly outcome: 'known'; readonly payouts: readonly Payout[] } | Trouble>;
  changeAccount(session: Session, account: PayoutAccount): Promise<ChangedAccount>;
}

export interface EarningsDeps {
  readonly apiUrl: string;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly refresh: Refresh;
  readonly log: Log;
}

export function createEarnings(deps: EarningsDeps): Earnings {
  const at = (path: string) => new URL(path, deps.apiUrl);
  return {
    async statement(session) {
      const answer = await call(deps, session, { method: 'GET', url: at('/earnings') });
      if (answer.outcome === 'answered' && answer.status === 200) {
        return { outcome: 'known', statement: answer.body as Statement };
      }
      return troubleOf(deps, answer);
    },

    async payouts(session) {
      const answer = await call(deps, session, { method: 'GET', url: at('/payouts') });
      if (answer.outcome === 'answered' && answer.status === 200) {
        return { outcome: 'known', payouts: (answer.body as { payouts: readonly Payout[] }).payouts };
      }
      return troubleOf(deps, answer);
    },

    async changeAccount(session, account) {
      const answer = await call(deps, session, { method: 'PUT', url: at('/payout-account'), body: account });
      if (answer.outcome === 'step_up') return answer;
      if (answer.outcome === 'answered' && answer.status === 200) {
        return { outcome: 'changed', account: (answer.body as { payout_account: KnownAccount }).payout_account };
      }
      if (answer.outcome === 'answered' && answer.status === 422) {
        return { outcome: 'invalid', problems: (answer.body as { errors: PayoutProblems }).errors };
      }
      return troubleOf(deps, answer);
    },
  };
}

type Called = ApiAnswer | { readonly outcome: 'ended' };

/** A token can expire on the way, or be revoked: then once more with a new one. */
async function call(deps: EarningsDeps, session: Session, request: ApiRequest): Promise<Called> {
  const answer = await deps.signIn.callApi(session.person, request);
  if (answer.outcome !== 'refused' || answer.error !== 'invalid_token') return answer;
  switch (await deps.refresh(session)) {
    case 'refreshed': {
      const fresh = deps.sessions.find(session.id);
      return fresh === undefined ? { outcome: 'ended' } : deps.signIn.callApi(fresh.person, request);
    }
    case 'unreachable':
      return { outcome: 'unreachable', reason: 'the sign-in server did not answer a refresh' };
    case 'ended':
      return { outcome: 'ended' };
  }
}

function troubleOf({ log }: EarningsDeps, answer: Called): Trouble {
  switch (answer.outcome) {
    case 'ended':
      return answer;
    case 'answered':
      log(`API: answered ${answer.status}`);
      return answer.status < 500 ? { outcome: 'refused' } : { outcome: 'unreachable' };
    case 'step_up':
    case 'refused':
      log(`API: refused: ${answer.outcome === 'refused' ? answer.error : 'insufficient_user_authentication'}`);
      return { outcome: 'refused' };
    case 'unreachable':
    case 'invalid':
      log(`API: cannot be reached: ${answer.reason}`);
      return { outcome: 'unreachable' };
  }
}
