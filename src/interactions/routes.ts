// The sitemap of a sign-in. Every address needs the browser that holds it.
import { get, holderOfInteraction, post, type Route } from '../http/route.ts';
import { submitCancel } from './cancel.ts';
import { submitConsent } from './consent/consent-page.ts';
import { submitTerms } from './consent/terms-page.ts';
import type { InteractionDeps } from './deps.ts';
import { dispatch } from './dispatch.ts';
import { submitEnrolment } from './enrol-totp-page.ts';
import { submitMailedCode, submitNewMailedCode } from './extra-step/mailed-code-page.ts';
import { inSignIn, redirectToDispatch, type Step } from './page.ts';
import { confirmRecoveryCodes, downloadRecoveryCodes } from './recovery-codes-page.ts';
import { submitSecondFactor } from './second-factor-page.ts';
import { submitAccountChoice } from './select-account-page.ts';
import { submitAnotherAccount, submitSignIn } from './sign-in-page.ts';
import { submitCreateAccount, submitSignUp } from './signing-up/sign-up-page.ts';
import { submitCode, submitNewCode, submitUsername } from './signing-up/verify-email-page.ts';

const at = (step: string) => `/interaction/:uid/${step}`;

export function interactionRoutes(deps: InteractionDeps): readonly Route[] {
  const page = (path: string, step: Step) => get(path, holderOfInteraction, inSignIn(deps, step));
  // The answer to a form may be a page: who comes back to its address, as from the history, goes on where they are.
  const form = (step: string, submit: Step) => [
    post(at(step), holderOfInteraction, inSignIn(deps, submit)),
    page(at(step), async (ctx, signIn) => redirectToDispatch(ctx, signIn)),
  ];
  return [
    page('/interaction/:uid', (ctx, signIn) => dispatch(deps, ctx, signIn)),
    ...form('sign-in', submitSignIn(deps)),
    ...form('another-account', submitAnotherAccount(deps)),
    ...form('create-account', submitCreateAccount(deps)),
    ...form('sign-up', submitSignUp(deps)),
    ...form('verify-email', submitCode(deps)),
    ...form('new-code', submitNewCode(deps)),
    ...form('username', submitUsername(deps)),
    ...form('mailed-code', submitMailedCode(deps)),
    ...form('new-mailed-code', submitNewMailedCode(deps)),
    ...form('second-factor', submitSecondFactor(deps)),
    ...form('enrolment', submitEnrolment(deps)),
    page(at('recovery-codes.txt'), downloadRecoveryCodes(deps)),
    ...form('recovery-codes', confirmRecoveryCodes(deps)),
    ...form('account', submitAccountChoice(deps)),
    ...form('terms', submitTerms(deps)),
    ...form('consent', submitConsent(deps)),
    ...form('cancel', submitCancel(deps)),
  ];
}
