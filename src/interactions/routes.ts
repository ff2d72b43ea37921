// The sitemap of a sign-in. Every address needs the browser that holds it.
import { get, holderOfInteraction, post, type Route } from '../http/route.ts';
import { submitCancel } from './cancel.ts';
import { submitConsent } from './consent-page.ts';
import type { InteractionDeps } from './deps.ts';
import { dispatch } from './dispatch.ts';
import { submitEnrolment } from './enrol-totp-page.ts';
import { inSignIn } from './page.ts';
import { confirmRecoveryCodes, downloadRecoveryCodes } from './recovery-codes-page.ts';
import { submitSecondFactor } from './second-factor-page.ts';
import { submitAccountChoice } from './select-account-page.ts';
import { submitAnotherAccount, submitSignIn } from './sign-in-page.ts';

const at = (step: string) => `/interaction/:uid/${step}`;

export const interactionRoutes = (deps: InteractionDeps): readonly Route[] => [
  get(
    '/interaction/:uid',
    holderOfInteraction,
    inSignIn(deps, (ctx, signIn) => dispatch(deps, ctx, signIn)),
  ),
  post(at('sign-in'), holderOfInteraction, inSignIn(deps, submitSignIn(deps))),
  post(at('another-account'), holderOfInteraction, inSignIn(deps, submitAnotherAccount(deps))),
  post(at('second-factor'), holderOfInteraction, inSignIn(deps, submitSecondFactor(deps))),
  post(at('enrolment'), holderOfInteraction, inSignIn(deps, submitEnrolment(deps))),
  get(at('recovery-codes.txt'), holderOfInteraction, inSignIn(deps, downloadRecoveryCodes(deps))),
  post(at('recovery-codes'), holderOfInteraction, inSignIn(deps, confirmRecoveryCodes(deps))),
  post(at('account'), holderOfInteraction, inSignIn(deps, submitAccountChoice(deps))),
  post(at('consent'), holderOfInteraction, inSignIn(deps, submitConsent(deps))),
  post(at('cancel'), holderOfInteraction, inSignIn(deps, submitCancel(deps))),
];
