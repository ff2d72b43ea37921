// Setting up an authenticator app: scan, or type the key, then prove it with a code.
import type Koa from 'koa';
import { z } from 'zod';
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import { textsFor } from '../http/page.ts';
import { circumstancesOf } from '../http/request-source.ts';
import { asksForSecondFactor, requestedAcr } from '../provider/step-up/required-acr.ts';
import { confirmTotpEnrolment, startTotpEnrolment } from '../second-factors/enrol-totp.ts';
import { newTotpSecret } from '../second-factors/totp.ts';
import type { MessageKey } from '../texts/messages.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { addressOf, proceed, readStep, redirectToDispatch, type Step, showStep } from './page.ts';
import type { PasswordProved, SignInStage } from './sign-in-stage.ts';
import { demandOf } from './traces/trusted-browser.ts';
import { type Trouble, troubleLocals } from './trouble.ts';

const form = z.object({ csrf: z.string().optional(), code: z.string().max(64) });

interface Shown {
  readonly signIn: SignIn;
  readonly account: Account;
  readonly sealedSecret: string;
  readonly trouble?: Trouble;
}

/** The secret is made once and kept, sealed, so that reloading the page shows the same QR code. */
export const newEnrolment = (
  { box }: InteractionDeps,
  signIn: SignIn,
  { accountId, passwordAt, keep }: PasswordProved,
): SignInStage => ({
  stage: 'enrol-totp',
  accountId,
  passwordAt,
  keep,
  sealedSecret: box.seal(newTotpSecret(), place(signIn)),
});

export async function showEnrolment(deps: InteractionDeps, ctx: Koa.Context, shown: Shown): Promise<void> {
  const { signIn, account } = shown;
  const secret = deps.box.open(shown.sealedSecret, place(signIn));
  const { uri, qrSvg, keyInGroups } = startTotpEnrolment({ issuerName: deps.config.name, account, secret });
  await showStep(deps, ctx, {
    view: 'enrol-totp',
    title: 'enrol.title',
    signIn,
    account,
    locals: {
      action: addressOf(signIn, 'enrolment'),
      qrSvg,
      keyInGroups,
      otpauthUri: uri,
      demandedBy: await demandedBy(deps, ctx, shown),
      ...troubleLocals(ctx, shown.trouble),
    },
  });
}

/** A sentence that says who wants a second factor: nobody likes to be asked for more without a reason. */
async function demandedBy(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account }: Shown,
): Promise<string | undefined> {
  const isAsked = asksForSecondFactor(requestedAcr(signIn.params));
  const demand = (await demandOf(deps, signIn, account.id)) ?? (isAsked ? 'request' : undefined);
  const names = { product: deps.config.name, app: signIn.client.clientName };
  return demand && textsFor(ctx)(DEMANDED_BY[demand], names);
}

const DEMANDED_BY = {
  configuration: 'enrol.demanded_by_server',
  client: 'enrol.demanded_by_app',
  role: 'enrol.demanded_by_role',
  request: 'enrol.demanded_by_request',
} as const satisfies Record<string, MessageKey>;

export const submitEnrolment =
  (deps: InteractionDeps): Step =>
  async (ctx, signIn) => {
    const { code } = await readStep(deps, ctx, { signIn, form });
    const { stage } = signIn;
    if (stage.stage !== 'enrol-totp') return redirectToDispatch(ctx, signIn);
    const account = await findAccount(deps.db, stage.accountId);
    if (account === undefined || !isUsable(account)) return redirectToDispatch(ctx, signIn);
    const secret = deps.box.open(stage.sealedSecret, place(signIn));
    const proved = { accountId: account.id, passwordAt: stage.passwordAt, keep: stage.keep };
    const answer = await confirmTotpEnrolment(deps, { account, by: circumstancesOf(ctx), secret, code });
    const again = (trouble: Trouble) =>
      showEnrolment(deps, ctx, { signIn, account, sealedSecret: stage.sealedSecret, trouble });
    switch (answer.outcome) {
      case 'enrolled': {
        deps.log.info({ event: 'second_factor.enrolled', accountId: account.id, method: 'totp' });
        const sealedCodes = deps.box.seal(JSON.stringify(answer.recoveryCodes), recoveryCodesPlace(signIn));
        return proceed(ctx, signIn, { stage: 'recovery-codes', ...proved, sealedCodes });
      }
      case 'already_enrolled':
        // In another tab, meanwhile: that device's code is what counts now.
        return proceed(ctx, signIn, { stage: 'second-factor', ...proved });
      case 'superseded':
        return redirectToDispatch(ctx, signIn);
      case 'wrong_code':
        return again({ status: 400, summary: 'enrol.wrong_code', field: 'code' });
      case 'too_many_attempts':
        return again({ ...answer, status: 429, summary: 'second_factor.too_many_attempts' });
    }
  };

const place = (signIn: SignIn): string => `interaction.totp_secret:${signIn.uid}`;
export const recoveryCodesPlace = (signIn: SignIn): string => `interaction.recovery_codes:${signIn.uid}`;
