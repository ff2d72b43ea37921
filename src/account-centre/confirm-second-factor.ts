// The second factor once more, from somebody who is signed in and has just said the password. Counted like one at a sign-in.
import type Koa from 'koa';
import { recordEvent } from '../audit/audit-log.ts';
import { ACCOUNT_CENTRE_ID } from '../clients/live/built-in.ts';
import { circumstancesOf, sourceOf } from '../http/request-source.ts';
import { verifySecondFactor } from '../second-factors/second-factor.ts';
import type { SignedIn } from '../signed-in/signed-in.ts';
import type { Confirmation } from './confirm-password.ts';
import type { AccountDeps } from './deps.ts';

/** A code of an authenticator, or a recovery code, which is spent. Only after `confirmPassword`. @throws Refusal `busy` (503) */
export async function confirmSecondFactor(
  deps: AccountDeps,
  ctx: Koa.Context,
  { me: { account }, code }: { me: SignedIn; code: string },
): Promise<Confirmation> {
  const answer = await verifySecondFactor(deps, { account, by: circumstancesOf(ctx), code });
  const { id: accountId } = account;
  const about = { accountId, clientId: ACCOUNT_CENTRE_ID, source: sourceOf(ctx) };
  switch (answer.outcome) {
    case 'verified':
      await recordEvent(deps, { ...about, event: 'second_factor.accepted', details: { method: answer.method } });
      deps.log.info({ event: 'second_factor.verified', accountId, method: answer.method });
      return { outcome: 'right' };
    case 'wrong_code':
      await recordEvent(deps, { ...about, event: 'second_factor.failed', outcome: 'failure' });
      deps.log.info({ event: 'second_factor.failed', accountId });
      return { outcome: 'wrong' };
    case 'too_many_attempts':
      if (answer.isFirst) await recordEvent(deps, { ...about, event: 'second_factor.limited', outcome: 'failure' });
      deps.log.warn({ event: 'second_factor.limited', accountId });
      return answer;
  }
}
