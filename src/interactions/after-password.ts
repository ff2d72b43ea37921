// What follows a right password, and whether what was proved in this sign-in is enough for it.
import type Koa from 'koa';
import type { Account } from '../accounts/account.ts';
import { findPerson, type Person } from '../profiles/person.ts';
import { asksForSecondFactor, isMet, requestedAcr, secondFactorDemand } from '../provider/step-up/required-acr.ts';
import { NOTHING_HELD } from '../roles/held.ts';
import { authenticatedWith } from './authenticated-with.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { newEnrolment } from './enrol-totp-page.ts';
import { extraStep, needsExtraStep } from './extra-step/extra-step.ts';
import type { Authenticated, PasswordProved, SignInStage } from './sign-in-stage.ts';
import { mayLeaveCodeOut } from './traces/trusted-browser.ts';

type ProvedPassword = {
  readonly signIn: SignIn;
  readonly account: Account;
  /** Whether one stands, where that has been asked with the password. */
  readonly alarm?: boolean | undefined;
} & Omit<PasswordProved, 'accountId'>;

/**
 * Who has a second factor is asked for it, but on a device that they trust where nobody demands it; who has none sets one up
 * where it is needed. While an alarm stands, a code from a mail comes before that.
 */
export async function afterPassword(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, account, alarm, ...proof }: ProvedPassword,
): Promise<SignInStage> {
  const proved = { accountId: account.id, ...proof };
  const person = await findPerson(deps, { accountId: account.id, resources: [] });
  const isNeeded = needsSecondFactor(deps, signIn, person);
  if (person?.hasSecondFactor === true) {
    const isLeftOut = !isNeeded && (await mayLeaveCodeOut(deps, signIn, account.id));
    return isLeftOut ? authenticatedWith('password', proved) : { stage: 'second-factor', ...proved };
  }
  if (await needsExtraStep(deps, signIn, { proved, alarm })) return extraStep(deps, ctx, { signIn, account, proved });
  return isNeeded ? newEnrolment(deps, signIn, proved) : authenticatedWith('password', proved);
}

/**
 * Asked again at the end, with the person as they are then: a role, the client's file, or the trust in a device can have
 * changed while a page was open.
 */
export async function isEnough(
  deps: InteractionDeps,
  signIn: SignIn,
  { proved, person }: { proved: Authenticated; person: Person },
): Promise<boolean> {
  if (proved.acr === 'mfa') return true;
  if (needsSecondFactor(deps, signIn, person)) return false;
  return !person.hasSecondFactor || mayLeaveCodeOut(deps, signIn, person.account.id);
}

/** False where the app insists on another acr than the one reached, for instance on `pwd` alone. */
export const isWhatAppInsistsOn = (signIn: SignIn, { acr }: Authenticated): boolean =>
  isMet(requestedAcr(signIn.params), acr);

/** Of nobody, where the account has just been deleted, what the operator and the app demand of everybody. */
const needsSecondFactor = (
  { config }: InteractionDeps,
  { client, params }: SignIn,
  person: Person | undefined,
): boolean =>
  asksForSecondFactor(requestedAcr(params)) ||
  secondFactorDemand({ config, client }, person?.held ?? NOTHING_HELD) !== undefined;
