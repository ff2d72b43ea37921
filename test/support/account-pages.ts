// The pages of the account centre, in every state worth looking at.
import { type PageState, type Stage, signedIn } from './every-page.ts';

/** Signed in, at a page of the account centre. */
export async function atAccount(stage: Stage, path: string): Promise<void> {
  await signedIn(stage);
  await stage.page.goto(`${stage.server.issuer}${path}`);
}

export const ACCOUNT_PAGES: readonly PageState[] = [
  {
    view: 'account/overview',
    state: 'of somebody who has just signed up',
    heading: 'Your account',
    open: (stage) => atAccount(stage, '/account'),
  },
  {
    view: 'account/not-signed-in',
    state: 'cancelled',
    heading: 'You are not signed in',
    open: ({ server, page }) => page.goto(`${server.issuer}/account/signed-in?error=access_denied`),
  },
];
