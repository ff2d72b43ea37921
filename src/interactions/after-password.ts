// What follows a right password, and whether what was proved in this sign-in is enough for it.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { asksForSecondFactor, isMet, requestedAcr } from '../provider/step-up/required-acr.ts';
import { hasSecondFactor } from '../second-factors/second-factor.ts';
import { authenticatedWith } from './authenticated-with.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { newEnrolment } from './enrol-totp-page.ts';
import { extraStep, needsExtraStep } from './extra-step/extra-step.ts';
import type { Authenticated, PasswordProved, SignInStage } from './sign-in-stage.ts';
import { demandOf, mayLeaveCodeOut } from './traces/trusted-browser.ts';

/**
 * Who has a second factor is asked for it, but on a device that they trust where nobody demands it; who has none sets one up
 * where it is needed. While an alarm stands, a code from a mail comes before that.
 */
export async function afterPassword(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account, ...proof }: { signIn: SignIn; account: Account } & Omit<PasswordProved, 'accountId'>,
): Promise<SignInStage> {
  const proved = { accountId: account.id, ...proof };
  const isNeeded = await needsSecondFactor(deps, signIn, account.id);
  if (await hasSecondFactor(deps.db, account.id)) {
    const isLeftOut = !isNeeded && (await mayLeaveCodeOut(deps, signIn, account.id));
    return isLeftOut ? authenticatedWith('password', proved) : { stage: 'second-factor', ...proved };
  }
  if (await needsExtraStep(deps, signIn, proved)) return extraStep(deps, ctx, { signIn, account, proved });
  return isNeeded ? newEnrolment(deps, signIn, proved) : authenticatedWith('password', proved);
}

/** Asked again at the end: a role, the client's file, or the trust in a device can have changed while a page was open. */
export async function isEnough(deps: InteractionDeps, signIn: SignIn, proved: Authenticated): Promise<boolean> {
  const { accountId, acr } = proved;
  if (acr === 'mfa') return true;
  if (await needsSecondFactor(deps, signIn, accountId)) return false;
  return !(await hasSecondFactor(deps.db, accountId)) || mayLeaveCodeOut(deps, signIn, accountId);
}

/** False where the app insists on another acr than the one reached, for instance on `pwd` alone. */
export const isWhatAppInsistsOn = (signIn: SignIn, { acr }: Authenticated): boolean =>
  isMet(requestedAcr(signIn.params), acr);

async function needsSecondFactor(deps: InteractionDeps, signIn: SignIn, accountId: string): Promise<boolean> {
  if (asksForSecondFactor(requestedAcr(signIn.params))) return true;
  return (await demandOf(deps, signIn, accountId)) !== undefined;
}
