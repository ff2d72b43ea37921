// The gate: may this caller use this route?
import type { Gate } from '../http/router.ts';

/**
 * `holder-of-interaction` is decided where the interaction is opened (interactions/page.ts, inSignIn): who does not hold it
 * gets the page that leads back to the app instead of a bare refusal. A test asks every such route without the cookie.
 * `holder-of-probe` is decided where its token is spent (diagnosis/probe.ts).
 * `signed-in` likewise (account-centre/signed-in.ts, inAccount): who is not, or not any more, goes to sign in and comes back.
 * `administrator` and `program` likewise (admin/in-console.ts, api/in-api.ts): who asks decides what the refusal looks like.
 * `holder-of-setup-link` likewise (first-run/page.ts, inSetup): a link that is too old gets the page that says what to do.
 */
export const gate: Gate = async (access) => {
  switch (access.rule) {
    case 'anyone':
    case 'holder-of-interaction':
    case 'holder-of-setup-link':
    case 'holder-of-probe':
    case 'signed-in':
    case 'administrator':
    case 'program':
      return;
  }
};
