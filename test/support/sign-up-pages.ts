// The pages of signing up and of invitations, in every state worth looking at.
import type { PageState, Stage } from './every-page.ts';
import { authorizationRequest } from './sign-in.ts';
import { invitationToken, knownProof, newAddress } from './sign-up.ts';
import { CALLBACK, PASSWORD } from './start-server.ts';

async function form({ server, page }: Stage): Promise<void> {
  const request = { client_id: 'ledger', redirect_uri: CALLBACK, prompt: 'create' };
  await page.goto(authorizationRequest(server.issuer, request).url);
}

async function signsUp(stage: Stage, fields: Record<string, string> = {}): Promise<string> {
  await form(stage);
  const email = newAddress();
  for (const [name, value] of Object.entries({ email, password: PASSWORD, ...fields })) {
    await stage.page.locator(`#${name}`).fill(value);
  }
  await stage.page.locator('#terms').check();
  await stage.page.locator('#password').press('Enter');
  await stage.page.waitForLoadState();
  return email;
}

/** Somebody whose account is older than the terms, or than this version of them. */
async function atTerms({ server, page }: Stage, accepted?: string): Promise<void> {
  const email = newAddress();
  const { id } = await server.person({ email });
  const set = { terms_version: accepted ?? null, ...(accepted === undefined && { terms_accepted_at: null }) };
  await server.database.db.updateTable('accounts').set(set).where('id', '=', id).execute();
  await page.goto(authorizationRequest(server.issuer, { client_id: 'ledger', redirect_uri: CALLBACK }).url);
  await page.locator('#identifier').fill(email);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#password').press('Enter');
  await page.waitForLoadState();
}

async function enters({ page }: Stage, code: string): Promise<void> {
  await page.locator('#code').fill(code);
  await page.locator('#code').press('Enter');
  await page.waitForLoadState();
}

/** Signed up here, or in another browser whose cookies are not at hand. */
async function opensLink(stage: Stage, { here }: { here: boolean }): Promise<void> {
  const { token } = await knownProof(stage.server, await signsUp(stage));
  if (!here) await stage.page.context().clearCookies();
  await stage.page.goto(`${stage.server.issuer}/verify-email?token=${token}`);
}

async function opensInvitation({ server, page }: Stage): Promise<void> {
  await page.goto(`${server.issuer}/invitation?token=${await invitationToken(server)}`);
}

async function chooses({ page }: Stage, password: string): Promise<void> {
  const terms = page.locator('#terms');
  if ((await terms.count()) > 0) await terms.check();
  await page.locator('#password').fill(password);
  await page.locator('#password').press('Enter');
  await page.waitForLoadState();
}

export const SIGN_UP_PAGES: readonly PageState[] = [
  { view: 'interactions/sign-up', state: 'as it opens', heading: 'Create an account', open: form },
  {
    view: 'interactions/sign-up',
    state: 'with everything wrong',
    heading: 'Create an account',
    open: async (stage) => {
      await signsUp(stage, { email: 'nobody', username: '1', name: 'x'.repeat(101), password: 'gatehouse!!' });
    },
  },
  {
    view: 'interactions/terms',
    state: 'for the first time',
    heading: 'Terms of service',
    open: (stage) => atTerms(stage),
  },
  {
    view: 'interactions/terms',
    state: 'new ones, not accepted',
    heading: 'Terms of service',
    async open(stage) {
      await atTerms(stage, 'former');
      await stage.page.locator('#terms').evaluate((box) => box.removeAttribute('required'));
      await stage.page.getByRole('button', { name: 'Continue' }).click();
      await stage.page.waitForLoadState();
    },
  },
  { view: 'interactions/verify-email', state: 'asking for the code', heading: 'Check your mail', open: signsUp },
  {
    view: 'interactions/verify-email',
    state: 'after a wrong code',
    heading: 'Check your mail',
    async open(stage) {
      await signsUp(stage);
      await enters(stage, '00000000');
    },
  },
  {
    view: 'interactions/verify-email',
    state: 'with a new code sent',
    heading: 'Check your mail',
    async open(stage) {
      await signsUp(stage);
      await stage.page.getByRole('button', { name: 'Send a new code' }).click();
      await stage.page.getByRole('status').waitFor();
    },
  },
  {
    view: 'interactions/choose-username',
    state: 'with the name taken meanwhile',
    heading: 'Choose another username',
    async open(stage) {
      const username = `taken-${newAddress().replace(/\D/g, '')}`;
      const { code } = await knownProof(stage.server, await signsUp(stage, { username }));
      await stage.server.person({ email: newAddress(), username });
      await enters(stage, code);
    },
  },
  {
    view: 'interactions/address-settled',
    state: 'in another browser',
    heading: 'Your address is confirmed',
    async open(stage) {
      const email = await signsUp(stage);
      const { db } = stage.server.database;
      const settled = { state: 'confirmed', elsewhere: true } as const;
      await db.updateTable('registrations').set(settled).where('email_key', '=', email).execute();
      await stage.page.reload();
    },
  },
  {
    view: 'self-service/verify-email',
    state: 'in the browser that signed up',
    heading: 'Confirm your e-mail address',
    open: (stage) => opensLink(stage, { here: true }),
  },
  {
    view: 'self-service/verify-email',
    state: 'in another browser, after a password that is too short',
    heading: 'Confirm your e-mail address',
    async open(stage) {
      await opensLink(stage, { here: false });
      await chooses(stage, 'short');
    },
  },
  {
    view: 'self-service/invitation',
    state: 'behind a good link',
    heading: 'You are invited to',
    open: opensInvitation,
  },
  {
    view: 'self-service/invitation',
    state: 'after a password that is too short',
    heading: 'You are invited to',
    async open(stage) {
      await opensInvitation(stage);
      await chooses(stage, 'short');
    },
  },
];
