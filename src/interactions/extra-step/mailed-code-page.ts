// The code from the mail, typed where the password was right. No session exists before it, and no page that comes later.
import type Koa from 'koa';
import { z } from 'zod';
import { type Account, isUsable } from '../../accounts/account.ts';
import { findAccount } from '../../accounts/accounts.ts';
import { textsFor } from '../../http/page.ts';
import { circumstancesOf, sourceOf } from '../../http/request-source.ts';
import { checkCode } from '../../sign-in-codes/check-code.ts';
import { sendCode } from '../../sign-in-codes/send-code.ts';
import { findWaiting } from '../../sign-in-codes/sign-in-codes.ts';
import type { MessageKey } from '../../texts/messages.ts';
import { afterPassword } from '../after-password.ts';
import type { InteractionDeps } from '../deps.ts';
import type { SignIn } from '../engine-interaction.ts';
import { addressOf, buttonForm, proceed, readStep, redirectToDispatch, type Step, showStep } from '../page.ts';
import type { SignInStage } from '../sign-in-stage.ts';
import { type Trouble, troubleLocals } from '../trouble.ts';

const form = z.object({ csrf: z.string().optional(), code: z.string().max(64) });

interface Shown {
  readonly signIn: SignIn;
  readonly account: Account;
  readonly codeId: string;
  readonly trouble?: Trouble;
  readonly notice?: MessageKey;
}

export async function showMailedCode(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account, codeId, trouble, notice }: Shown,
): Promise<void> {
  const found = await findWaiting(deps, { id: codeId, accountId: account.id });
  await showStep(deps, ctx, {
    view: 'mailed-code',
    title: 'verify_email.title',
    signIn,
    locals: {
      action: addressOf(signIn, 'mailed-code'),
      resendAction: addressOf(signIn, 'new-mailed-code'),
      waiting: found === undefined ? 'over' : found.sent ? 'for-code' : 'unsent',
      email: inPart(account.email),
      notice: notice && textsFor(ctx)(notice),
      ...troubleLocals(ctx, trouble),
    },
  });
}

/** Who knows the password alone, perhaps with a username, does not learn the address: `a…@example.com`. */
const inPart = (email: string): string => email.replace(/^(.).*(?=@)/u, '$1…');

export const submitMailedCode =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { code } = await readStep(deps, ctx, { signIn, form });
    const waiting = await whoWaits(deps, signIn);
    if (waiting === undefined) return redirectToDispatch(ctx, signIn);
    const { account, stage } = waiting;
    const { codeId, passwordAt, keep } = stage;
    const typed = { code, clientId: signIn.client.clientId, source: sourceOf(ctx) };
    const answer = await checkCode(deps, { id: codeId, accountId: account.id }, typed);
    const again = (summary: MessageKey) =>
      showMailedCode(deps, ctx, { signIn, account, codeId, trouble: { status: 400, summary, field: 'code' } });
    switch (answer.outcome) {
      case 'right': {
        deps.log.info({ event: 'sign_in.extra_step_passed', accountId: account.id });
        const proved = { passwordAt, keep, addressProved: true };
        return proceed(ctx, signIn, await afterPassword(deps, ctx, { signIn, account, ...proved }));
      }
      case 'wrong_code':
        deps.log.info({ event: 'sign_in.extra_step_failed', accountId: account.id });
        return again('verify_email.wrong_code');
      case 'code_void':
        return again('verify_email.code_void');
      case 'over':
        return redirectToDispatch(ctx, signIn);
    }
  };

export const submitNewMailedCode =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    await readStep(deps, ctx, { signIn, form: buttonForm });
    const waiting = await whoWaits(deps, signIn);
    if (waiting === undefined) return redirectToDispatch(ctx, signIn);
    const { account, stage } = waiting;
    const { codeId } = stage;
    const { clientId } = signIn.client;
    const sending = await sendCode(deps, codeId, { account, clientId, ...circumstancesOf(ctx) });
    const show = (more: Pick<Shown, 'trouble' | 'notice'>) =>
      showMailedCode(deps, ctx, { signIn, account, codeId, ...more });
    switch (sending.outcome) {
      case 'sent':
        return show({ notice: 'extra_step.sent_again' });
      case 'too_many_attempts':
        return show({ trouble: { ...sending, status: 429, summary: 'verify_email.too_many' } });
      case 'over':
        return redirectToDispatch(ctx, signIn);
    }
  };

/** Undefined at every other stage, and for an account that was banned meanwhile: dispatch knows what to do then. */
async function whoWaits(
  deps: InteractionDeps,
  { stage }: SignIn,
): Promise<{ account: Account; stage: Extract<SignInStage, { stage: 'mailed-code' }> } | undefined> {
  if (stage.stage !== 'mailed-code') return undefined;
  const account = await findAccount(deps.db, stage.accountId);
  return account !== undefined && isUsable(account) ? { account, stage } : undefined;
}
