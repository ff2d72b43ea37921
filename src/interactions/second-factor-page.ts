// A code from the authenticator app, or a recovery code.
import type Koa from 'koa';
import { z } from 'zod';
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import { circumstancesOf } from '../http/request-source.ts';
import { verifySecondFactor } from '../second-factors/second-factor.ts';
import { authenticatedWith } from './authenticated-with.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { addressOf, proceed, readStep, redirectToDispatch, type Step, showStep } from './page.ts';
import { recordStep } from './traces/step-events.ts';
import { isTrustOffered } from './traces/trusted-browser.ts';
import { type Trouble, troubleLocals } from './trouble.ts';

const form = z.object({ csrf: z.string().optional(), code: z.string().max(64), trust: z.literal('yes').optional() });

interface Shown {
  readonly signIn: SignIn;
  readonly account: Account;
  readonly trust?: boolean;
  readonly trouble?: Trouble;
}

export async function showSecondFactor(deps: InteractionDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { signIn, account, trouble } = shown;
  const method = ctx.query['method'] === 'recovery_code' ? 'recovery_code' : 'totp';
  await showStep(deps, ctx, {
    view: 'second-factor',
    title: method === 'totp' ? 'second_factor.title' : 'second_factor.recovery_title',
    signIn,
    account,
    locals: {
      action: addressOf(signIn, 'second-factor', { method }),
      method,
      trust:
        method === 'totp' && (await isTrustOffered(deps, signIn, account.id))
          ? { checked: shown.trust === true }
          : undefined,
      switchHref: addressOf(signIn, undefined, { method: method === 'totp' ? 'recovery_code' : 'totp' }),
      ...troubleLocals(ctx, trouble),
    },
  });
}

export const submitSecondFactor =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { code, trust } = await readStep(deps, ctx, { signIn, form });
    const { stage } = signIn;
    if (stage.stage !== 'second-factor') return redirectToDispatch(ctx, signIn);
    const account = await findAccount(deps.db, stage.accountId);
    if (account === undefined || !isUsable(account)) return redirectToDispatch(ctx, signIn);
    const answer = await verifySecondFactor(deps, { account, by: circumstancesOf(ctx), code });
    const again = (trouble: Trouble) =>
      showSecondFactor(deps, ctx, { signIn, account, trouble, trust: trust === 'yes' });
    switch (answer.outcome) {
      case 'verified':
        await recordStep(deps, ctx, { signIn, event: 'second_factor.accepted', details: { method: answer.method } });
        deps.log.info({ event: 'second_factor.verified', accountId: account.id, method: answer.method });
        return proceed(ctx, signIn, {
          ...authenticatedWith(answer.method, stage),
          // Not after a recovery code: whoever has lost the authenticator is about to change things.
          trustDevice: trust === 'yes' && answer.method === 'totp',
        });
      case 'wrong_code':
        await recordStep(deps, ctx, { signIn, event: 'second_factor.failed' });
        deps.log.info({ event: 'second_factor.failed', accountId: account.id });
        return again({ status: 400, summary: 'second_factor.wrong_code', field: 'code' });
      case 'too_many_attempts':
        if (answer.isFirst) await recordStep(deps, ctx, { signIn, event: 'second_factor.limited' });
        deps.log.warn({ event: 'second_factor.limited', accountId: account.id });
        return again({ ...answer, status: 429, summary: 'second_factor.too_many_attempts' });
    }
  };
