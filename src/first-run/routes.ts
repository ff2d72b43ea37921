// The sitemap of the set-up. Every address needs the browser that has opened the link.
import { get, holderOfSetupLink, post, type Route } from '../http/route.ts';
import { submitAccount, submitChange } from './account-page.ts';
import { SETUP_PATH } from './address.ts';
import { submitAuthenticator } from './authenticator-page.ts';
import type { FirstRunDeps } from './deps.ts';
import { openSetup } from './dispatch.ts';
import { inSetup, redirectToSetup, type Step } from './page.ts';
import { confirmRecoveryCodes, downloadRecoveryCodes } from './recovery-codes-page.ts';

const at = (step: string) => `${SETUP_PATH}/${step}`;

export function firstRunRoutes(deps: FirstRunDeps): readonly Route[] {
  // The answer to a form may be a page: who comes back to its address, as from the history, goes on where they are.
  const form = (step: string, submit: Step) => [
    post(at(step), holderOfSetupLink, inSetup(deps, submit)),
    get(
      at(step),
      holderOfSetupLink,
      inSetup(deps, async (ctx) => redirectToSetup(ctx)),
    ),
  ];
  return [
    get(SETUP_PATH, holderOfSetupLink, openSetup(deps)),
    ...form('account', submitAccount(deps)),
    ...form('change', submitChange(deps)),
    ...form('authenticator', submitAuthenticator(deps)),
    get(at('recovery-codes.txt'), holderOfSetupLink, inSetup(deps, downloadRecoveryCodes(deps))),
    ...form('recovery-codes', confirmRecoveryCodes(deps)),
  ];
}
