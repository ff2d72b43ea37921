// The pages behind mailed links, in every state worth looking at.
import { canonicalEmail } from '../../src/accounts/identifiers.ts';
import { issueMailedToken, type TokenPurpose } from '../../src/accounts/mailed-tokens.ts';
import { requestDeletion } from '../../src/leaving/request-deletion.ts';
import type { PageState, Stage } from './every-page.ts';
import { movingClock } from './moving-clock.ts';
import { authorizationRequest } from './sign-in.ts';
import { CALLBACK, type TestServer } from './start-server.ts';

let people = 0;

/** A link for somebody new, as it stands in the mail. */
export async function linkFor(
  server: TestServer,
  purpose: TokenPurpose,
  boundTo: (email: string) => Record<string, string>,
): Promise<string> {
  people += 1;
  const email = `reader-${people}@example.test`;
  const { id: accountId } = await server.person({ email });
  const { db } = server.database;
  return issueMailedToken({ db, clock: movingClock }, { accountId, purpose, boundTo: boundTo(email) });
}

const keyOf = (email: string): string => canonicalEmail(email)?.key ?? email;

export const resetToken = (server: TestServer): Promise<string> =>
  linkFor(server, 'reset_password', (email) => ({ email: keyOf(email), client: 'web' }));

export const confirmToken = (server: TestServer): Promise<string> =>
  linkFor(server, 'confirm_email', (email) => ({ from: keyOf(email), to: `new-${email}` }));

export const undoToken = (server: TestServer): Promise<string> =>
  linkFor(server, 'undo_email_change', (email) => ({ address: `old-${email}`, to: keyOf(email) }));

/** Of somebody who has asked for the deletion of the account. */
export async function keepToken(server: TestServer): Promise<string> {
  people += 1;
  const { id: accountId } = await server.person({ email: `leaver-${people}@example.test` });
  await requestDeletion({ ...server.deps, config: server.config }, { accountId });
  return issueMailedToken(server.deps, { accountId, purpose: 'keep_account' });
}

const at = async ({ server, page }: Stage, path: string, token: string): Promise<void> => {
  await page.goto(`${server.issuer}${path}?token=${token}`);
};

async function forgotten({ server, page }: Stage): Promise<void> {
  await page.goto(authorizationRequest(server.issuer, { client_id: 'ledger', redirect_uri: CALLBACK }).url);
  await page.getByText('Forgot your password?').click();
  await page.getByRole('button', { name: 'Send the link' }).waitFor();
}

async function chooses({ page }: Stage, password: string): Promise<void> {
  await page.locator('#password').fill(password);
  await page.locator('#password').press('Enter');
  await page.waitForLoadState();
}

export const LINK_PAGES: readonly PageState[] = [
  {
    view: 'self-service/forgot-password',
    state: 'on the way to an app',
    heading: 'Forgot your password?',
    open: forgotten,
  },
  {
    view: 'self-service/reset-sent',
    state: 'whoever was named',
    heading: 'Look at your mailbox',
    async open(stage) {
      await forgotten(stage);
      await stage.page.locator('#identifier').fill('ada@example.test');
      await stage.page.locator('#identifier').press('Enter');
      await stage.page.waitForLoadState();
    },
  },
  {
    view: 'self-service/new-password',
    state: 'behind a good link',
    heading: 'Choose a new password',
    open: async (stage) => at(stage, '/reset-password', await resetToken(stage.server)),
  },
  {
    view: 'self-service/new-password',
    state: 'after one that is too short',
    heading: 'Choose a new password',
    async open(stage) {
      await at(stage, '/reset-password', await resetToken(stage.server));
      await chooses(stage, 'short');
    },
  },
  {
    view: 'self-service/done',
    state: 'with a new password',
    heading: 'Your password is changed',
    async open(stage) {
      await at(stage, '/reset-password', await resetToken(stage.server));
      await chooses(stage, 'a new and rather long phrase');
    },
  },
  {
    view: 'self-service/void',
    state: 'for a link that was used',
    heading: 'This link does not work any more',
    open: (stage) => at(stage, '/reset-password', 'used'),
  },
  {
    view: 'self-service/confirm-email',
    state: 'behind a good link',
    heading: 'Confirm your new address',
    open: async (stage) => at(stage, '/confirm-email', await confirmToken(stage.server)),
  },
  {
    view: 'self-service/undo-email-change',
    state: 'behind a good link',
    heading: 'Bring back your old address',
    open: async (stage) => at(stage, '/undo-email-change', await undoToken(stage.server)),
  },
  {
    view: 'self-service/keep-account',
    state: 'behind a good link',
    heading: 'Keep your account?',
    open: async (stage) => at(stage, '/keep-account', await keepToken(stage.server)),
  },
];
