// The one place that decides what a person sees next in a sign-in. It looks only at what is stored.
import type Koa from 'koa';
import { findUsablePerson, type Person } from '../profiles/person.ts';
import { alwaysAsks, expectsSomebodyElse, requestedAccess } from '../provider/access.ts';
import { covers } from '../provider/consented-grant.ts';
import { mayUse } from '../provider/rights/access-rules.ts';
import { isOpen } from '../registrations/policy.ts';
import { consentFrom } from '../sessions/consents.ts';
import { afterPassword, isEnough, isWhatAppInsistsOn } from './after-password.ts';
import { showConsent } from './consent/consent-page.ts';
import { showTerms, termsFor } from './consent/terms-page.ts';
import type { InteractionDeps } from './deps.ts';
import type { SignIn } from './engine-interaction.ts';
import { showEnrolment } from './enrol-totp-page.ts';
import { showMailedCode } from './extra-step/mailed-code-page.ts';
import { finishAsSomebodyElse, finishAuthenticated, finishChosenAccount, finishTerms, finishUnmet } from './finish.ts';
import { isStale } from './freshness.ts';
import { proceed } from './page.ts';
import { showRecoveryCodes } from './recovery-codes-page.ts';
import { showRefused } from './refused-page.ts';
import { showSecondFactor } from './second-factor-page.ts';
import { showAccountChoice } from './select-account-page.ts';
import { accountToConfirm, showSignIn } from './sign-in-page.ts';
import type { Authenticated } from './sign-in-stage.ts';
import { showSignUp } from './signing-up/sign-up-page.ts';
import { verifyEmail } from './signing-up/verify-email-page.ts';

export async function dispatch(deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> {
  const { stage } = signIn;
  switch (stage.stage) {
    case 'start':
      return start(deps, ctx, signIn);
    case 'another-account':
      return showSignIn(deps, ctx, { signIn });
    case 'sign-up':
      return isOpen(deps.config) ? showSignUp(deps, ctx, { signIn }) : showSignIn(deps, ctx, { signIn, closed: true });
    case 'verify-email':
      return verifyEmail(deps, ctx, { signIn, registrationId: stage.registrationId });
    case 'account-chosen':
      return finishChosenAccount(deps, ctx, signIn);
    case 'mailed-code':
    case 'second-factor':
    case 'enrol-totp':
    case 'recovery-codes':
    case 'authenticated':
      return goOn(deps, ctx, { ...signIn, stage });
  }
}

/** Nothing has happened yet, so the engine's prompt says what is missing. */
async function start(deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn): Promise<void> {
  const person = await usablePerson(deps, signIn.sessionAccountId);
  const account = person?.account;
  const prompt = signIn.interaction.prompt.name;
  if (account === undefined && prompt === 'create')
    return dispatch(deps, ctx, { ...signIn, stage: { stage: 'sign-up' } });
  switch (account === undefined ? 'login' : prompt) {
    case 'create':
    case 'select_account':
      return showAccountChoice(deps, ctx, { signIn, account });
    case 'access':
      return showRefused(deps, ctx, { signIn, account });
    case 'terms':
      return person === undefined || termsFor(deps, signIn, person) === undefined
        ? finishTerms(deps, ctx, signIn)
        : showTerms(deps, ctx, { signIn, person });
    case 'consent':
      return showConsent(deps, ctx, { signIn, account });
    default:
      return showSignIn(deps, ctx, { signIn, account: await accountToConfirm(deps, signIn) });
  }
}

type WithAccount = Extract<SignIn['stage'], { accountId: string }>;

/** The password has been proved. An account that was banned meanwhile starts again, and gets no further. */
async function goOn(deps: InteractionDeps, ctx: Koa.Context, signIn: SignIn & { stage: WithAccount }): Promise<void> {
  const { stage } = signIn;
  const person = await findUsablePerson(deps, { accountId: stage.accountId, clientId: signIn.client.clientId });
  if (person === undefined) return proceed(ctx, signIn, { stage: 'another-account' });
  const { account } = person;
  switch (stage.stage) {
    case 'mailed-code':
      return showMailedCode(deps, ctx, { signIn, account, codeId: stage.codeId });
    case 'second-factor':
      return showSecondFactor(deps, ctx, { signIn, account });
    case 'enrol-totp':
      return showEnrolment(deps, ctx, { signIn, account, sealedSecret: stage.sealedSecret });
    case 'recovery-codes':
      return showRecoveryCodes(deps, ctx, { signIn, account, sealedCodes: stage.sealedCodes });
    case 'authenticated':
      return afterAuthentication(deps, ctx, { signIn, person, proved: stage });
  }
}

/** Every factor has passed; what is left is whether this app may have this person, and consent. */
async function afterAuthentication(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { signIn, person, proved }: { signIn: SignIn; person: Person; proved: Authenticated },
): Promise<void> {
  const { account, held, profile } = person;
  if (isStale(deps, signIn)) return proceed(ctx, signIn, { stage: 'start' });
  if (!(await isEnough(deps, signIn, { proved, person }))) {
    const { at: passwordAt, keep, addressProved } = proved;
    const next = await afterPassword(deps, ctx, { signIn, account, passwordAt, keep, addressProved });
    return proceed(ctx, signIn, next);
  }
  if (!isWhatAppInsistsOn(signIn, proved)) return finishUnmet(deps, ctx, signIn);
  if (expectsSomebodyElse(signIn.params, account.id)) return finishAsSomebodyElse(deps, ctx, signIn);
  const asked = { accountId: account.id, held, profile };
  if (!(await mayUse(deps, signIn.client, asked))) return showRefused(deps, ctx, { signIn, account });
  if (termsFor(deps, signIn, person) !== undefined) return showTerms(deps, ctx, { signIn, person });
  if (needsConsent(signIn, person)) return showConsent(deps, ctx, { signIn, account });
  return finishAuthenticated(deps, ctx, { signIn, person });
}

function needsConsent({ client, params }: SignIn, { consent }: Person): boolean {
  if (alwaysAsks(client, params)) return true;
  return !covers(client, { allowed: requestedAccess(client, params), remembered: consentFrom(consent) });
}

const usablePerson = async (deps: InteractionDeps, accountId: string | undefined): Promise<Person | undefined> =>
  accountId === undefined ? undefined : findUsablePerson(deps, { accountId });
