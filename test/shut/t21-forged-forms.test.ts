// Forms that did not come from the page of this very sign-in change nothing (T21), nor does one with a field more (T47).

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { setAcceptedTerms } from '../../src/accounts/accounts.ts';
import { issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import { knownSignInCode, whileAlarmStands } from '../support/alarm.ts';
import type { Browser } from '../support/browser.ts';
import { accountForms } from '../support/console-account-forms.ts';
import { operationForms } from '../support/console-forms.ts';
import { modelForms } from '../support/console-model.ts';
import { NEW_PASSWORD } from '../support/forgotten.ts';
import { confirmToken, keepToken, resetToken, undoToken } from '../support/link-pages.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { invitationToken, knownProof, openTo, signsUp } from '../support/sign-up.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { databaseAsText, enrols, isBackAtApp, type Visit, visits, visitsAndSignsIn } from '../support/visits.ts';
import { everyAddress } from './every-address.ts';

/** Housekeeping and signs of life change rows between two looks at them, whatever is sent meanwhile. */
function whatIsDoneByTheMinuteWaits(): void {
  const schedule = globalThis.setInterval;
  const never = 2 ** 31 - 1;
  vi.spyOn(globalThis, 'setInterval').mockImplementation((work, milliseconds = 0, ...given) =>
    schedule(work, milliseconds >= 60_000 ? never : milliseconds, ...given),
  );
}

/** T47: what would make somebody more than they are, or somebody else. */
const WISHES = 'roles is_admin email_verified status sub password_hash totp_secret __proto__ constructor'.split(' ');

const SHAPES: Readonly<Record<string, (name: string) => string>> = {
  'as it is': (name) => name,
  'in an array': (name) => `${name}[]`,
  nested: (name) => `account[${name}]`,
  dotted: (name) => `account.${name}`,
};

describe('T21 cross-site request forgery: Keycloak GHSA-c9rq-mvr5-3w32, CVE-2026-7507', () => {
  let server: TestServer;
  let secret: string;

  beforeAll(async () => {
    whatIsDoneByTheMinuteWaits();
    server = await startTestServer({
      settings: `${openTo(', terms_version: "1"')}branding: { terms_url: https://example.test/terms }\n`,
    });
    for (const name of ['ada', 'ben', 'cat', 'dan']) await server.person({ email: `${name}@example.test` });
    ({ secret } = await enrols(server, { identifier: 'ben@example.test' }));
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await server.stop();
  });

  interface Form {
    readonly browser: Browser;
    readonly action: string;
    readonly data: Record<string, string>;
  }

  const formOf = ({ browser }: Pick<Visit, 'browser'>, fields: Record<string, string>, button?: string): Form => ({
    browser,
    ...browser.form(fields, button),
  });

  const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
  const keyOn = ({ browser }: Pick<Visit, 'browser'>): string => KEY.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';

  const enrolling = (name: string): Promise<Visit> =>
    visitsAndSignsIn(server, { identifier: `${name}@example.test`, params: { acr_values: 'mfa' } });

  /** A browser that has opened the link of the first start, and has gone on to its second page if told so. */
  async function settingUp({ toAuthenticator = false, toCodes = false } = {}): Promise<{ browser: Browser }> {
    const { db } = server.database;
    await db.updateTable('roles').set({ ever_granted: false }).execute();
    const issue = await issueSetupLink({ db, clock: movingClock });
    if (issue.outcome !== 'issued') throw new Error(issue.outcome);
    const browser = await newBrowser().open(setupAddress(server.issuer, issue.token));
    if (toAuthenticator || toCodes) await browser.submit({ email: newEmail(), password: PASSWORD }, 'Continue');
    if (toCodes) await browser.submit({ code: totpCode(keyOn({ browser })) }, 'Confirm');
    return { browser };
  }

  /** A page of the account centre, signed in just now. */
  const atAccount = async (path: string): Promise<{ browser: Browser }> => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    return { browser: await browser.open(`${server.issuer}${path}`) };
  };

  /** The same for somebody new, who has just set up an authenticator. */
  const withFactor = async (path: string): Promise<{ browser: Browser }> => {
    const identifier = newEmail();
    await server.person({ email: identifier });
    const { browser } = await enrols(server, { identifier });
    return { browser: await browser.open(`${server.issuer}${path}`) };
  };

  const atFactor = async (link: string): Promise<{ browser: Browser }> => {
    const { browser } = await withFactor('/account/security');
    return { browser: await browser.click(link) };
  };

  async function behindLink(path: string, token: string, button: string, fields: Record<string, string> = {}) {
    const browser = await newBrowser().open(`${server.issuer}/${path}?token=${token}`);
    return formOf({ browser }, fields, button);
  }

  let emails = 0;
  const newEmail = (): string => {
    emails += 1;
    return `root-${emails}@example.test`;
  };

  const withAnotherSession = async (): Promise<{ browser: Browser }> => {
    await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    return atAccount('/account/sessions');
  };

  /** Signed in as somebody of their own: nobody else's password is changed. */
  async function atOwn(path: string): Promise<{ browser: Browser }> {
    const email = newEmail();
    await server.person({ email });
    const { browser } = await visitsAndSignsIn(server, { identifier: email });
    return { browser: await browser.open(`${server.issuer}${path}`) };
  }

  const atSignUp = async (): Promise<{ browser: Browser }> => visits(server, { prompt: 'create' });

  /** Signed up, and asked for the code; where the username is taken meanwhile, asked for another one. */
  async function atCode(username?: string): Promise<{ browser: Browser; token: string }> {
    const { browser } = await atSignUp();
    const email = newEmail();
    await signsUp(browser, { email, terms: 'yes', ...(username !== undefined && { username }) });
    const { code, token } = await knownProof(server, email);
    if (username !== undefined) {
      await server.person({ email: newEmail(), username });
      await browser.submit({ code }, 'Continue');
    }
    return { browser, token };
  }

  /** Signed in with a right password while an alarm stands, and asked for the code from the mail. */
  async function atMailedCode(): Promise<{ browser: Browser; code: string }> {
    const identifier = newEmail();
    await server.person({ email: identifier });
    const { browser } = await whileAlarmStands(server, () => visitsAndSignsIn(server, { identifier }));
    return { browser, code: await knownSignInCode(server, identifier) };
  }

  /** Every form of ours by its address, filled in as its owner would. */
  const FORMS: Record<string, () => Promise<Form>> = {
    ...operationForms(() => server),
    ...modelForms(() => server),
    ...accountForms(() => server),
    '/interaction/:uid/sign-in': async () =>
      formOf(await visits(server), { identifier: 'ada@example.test', password: PASSWORD }, 'Sign in'),
    '/interaction/:uid/create-account': async () => formOf(await visits(server), {}, 'Create an account'),
    '/interaction/:uid/sign-up': async () =>
      formOf(await atSignUp(), { email: newEmail(), password: PASSWORD, terms: 'yes' }, 'Create account'),
    '/interaction/:uid/verify-email': async () => formOf(await atCode(), { code: '12345678' }, 'Continue'),
    '/interaction/:uid/new-code': async () => formOf(await atCode(), {}, 'Send a new code'),
    '/interaction/:uid/username': async () => {
      const at = await atCode(`taken-${emails}`);
      return formOf(at, { username: `free-${emails}` }, 'Continue');
    },
    '/verify-email': async () =>
      behindLink('verify-email', (await atCode()).token, 'Confirm address', { password: NEW_PASSWORD }),
    '/invitation': async () =>
      behindLink('invitation', await invitationToken(server), 'Accept', { password: NEW_PASSWORD, terms: 'yes' }),
    '/interaction/:uid/terms': async () => {
      const { id, email } = await server.person({ email: newEmail() });
      await setAcceptedTerms({ db: server.database.db, clock: movingClock }, id, 'former');
      return formOf(await visitsAndSignsIn(server, { identifier: email }), { terms: 'yes' }, 'Continue');
    },
    '/interaction/:uid/cancel': async () => formOf(await visits(server), {}, 'Cancel'),
    '/interaction/:uid/mailed-code': async () => {
      const at = await atMailedCode();
      return formOf(at, { code: at.code }, 'Continue');
    },
    '/interaction/:uid/new-mailed-code': async () => formOf(await atMailedCode(), {}, 'Send a new code'),
    '/interaction/:uid/second-factor': async () => {
      const visit = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
      return formOf(visit, { code: totpCode(secret) }, 'Continue');
    },
    '/interaction/:uid/another-account': async () =>
      formOf(await visitsAndSignsIn(server, { identifier: 'ben@example.test' }), {}, 'Not you?'),
    '/account/devices/forget-all': async () => formOf(await atAccount('/account/devices'), {}, 'Forget all devices'),
    '/account/devices/:id/forget': async () => formOf(await atAccount('/account/devices'), {}, 'Forget'),
    '/interaction/:uid/enrolment': async () => {
      const visit = await enrolling('cat');
      return formOf(visit, { code: totpCode(keyOn(visit)) }, 'Confirm');
    },
    '/interaction/:uid/recovery-codes': async () => {
      const visit = await enrolling('dan');
      await visit.browser.submit({ code: totpCode(keyOn(visit)) }, 'Confirm');
      return formOf(visit, {}, 'stored them');
    },
    '/interaction/:uid/consent': async () => {
      const params = { client_id: 'ask' };
      return formOf(await visitsAndSignsIn(server, { identifier: 'ada@example.test', params }), {}, 'Allow');
    },
    '/interaction/:uid/account': async () => {
      const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
      return formOf(await visits(server, { prompt: 'select_account' }, browser), {}, 'Use another account');
    },
    '/setup/account': async () => formOf(await settingUp(), { email: newEmail(), password: PASSWORD }, 'Continue'),
    '/setup/change': async () => formOf(await settingUp({ toAuthenticator: true }), {}, 'Change'),
    '/setup/authenticator': async () => {
      const at = await settingUp({ toAuthenticator: true });
      return formOf(at, { code: totpCode(keyOn(at)) }, 'Confirm');
    },
    '/reset-password/request': async () => {
      const { browser } = await visits(server);
      return formOf({ browser: await browser.click('Forgot') }, { identifier: 'ada@example.test' }, 'Send the link');
    },
    '/reset-password': async () =>
      behindLink('reset-password', await resetToken(server), 'Set the new', { password: NEW_PASSWORD }),
    '/confirm-email': async () => behindLink('confirm-email', await confirmToken(server), 'Use this address'),
    '/undo-email-change': async () => behindLink('undo-email-change', await undoToken(server), 'Bring it back'),
    '/setup/recovery-codes': async () => formOf(await settingUp({ toCodes: true }), {}, 'stored them'),
    '/account/apps/:clientId/disconnect': async () => formOf(await atAccount('/account/apps/web'), {}, 'Remove access'),
    '/account/sessions/:handle/end': async () => formOf(await withAnotherSession(), {}, 'End this session'),
    '/account/sessions/end-others': async () => formOf(await withAnotherSession(), {}, 'Sign out everywhere else'),
    '/account/password': async () =>
      formOf(await atOwn('/account/password'), { current: PASSWORD, password: NEW_PASSWORD }, 'Change the password'),
    '/account/email': async () => formOf(await atOwn('/account/email'), { email: newEmail() }, 'Send the link'),
    '/account/username': async () => formOf(await atOwn('/account/username'), { username: 'own-name' }, 'Save'),
    '/account/authenticators/new': async () => {
      const at = await withFactor('/account/authenticators/new');
      return formOf(at, { code: totpCode(keyOn(at)) }, 'Confirm');
    },
    '/account/authenticators/:id': async () => formOf(await atFactor('Rename'), { name: 'Another' }, 'Save'),
    '/account/authenticators/:id/remove': async () => formOf(await atFactor('Remove'), {}, 'Remove'),
    '/account/recovery-codes': async () =>
      formOf(await withFactor('/account/recovery-codes'), {}, 'Make new recovery codes'),
    '/account/recovery-codes/download': async () => {
      const at = await withFactor('/account/recovery-codes');
      await at.browser.submit({}, 'Make new recovery codes');
      return formOf(at, {}, 'Download');
    },
    '/account/profile': async () => formOf(await atAccount('/account/profile'), { nickname: 'Forged' }, 'Save'),
    '/account/data/download': async () => formOf(await atAccount('/account/data'), {}, 'Download'),
    '/account/delete': async () => {
      const at = await atOwn('/account/delete');
      return formOf(at, { password: PASSWORD }, 'Delete my account');
    },
    '/keep-account': async () => behindLink('keep-account', await keepToken(server), 'Keep my account'),
    '/account/sign-out': async () => formOf(await atAccount('/account'), {}, 'Sign out'),
  };

  /** A form only because what it carries shall stand in no address. */
  const READING = ['/account/recovery-codes/download'];

  /** What people have and allowed; not the notes about errors. */
  const accounts = (dump: string): string => {
    const tables = dump
      .split(/^-- /m)
      .filter((table) => /^(accounts|consents|totp_secrets|recovery_codes|oidc_payloads|registrations)\b/.test(table));
    expect(tables.length).toBe(6);
    // A session that is looked at lives on a little longer.
    return tables.join().replaceAll(/^\(Session,.*$/gm, '');
  };

  const encoded = (data: Record<string, string>): string => new URLSearchParams(data).toString();

  /** The same cookies, another body. */
  async function post({ browser, action }: Form, body: string, headers: Record<string, string>): Promise<Response> {
    const cookie = await browser.jar.getCookieString(action);
    const type = 'application/x-www-form-urlencoded';
    const response = await fetch(action, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, 'content-type': type, ...headers },
      body,
    });
    await response.text();
    return response;
  }

  async function forgeries(form: Form): Promise<[string, number, string, Record<string, string>][]> {
    const { csrf: _own, ...bare } = form.data;
    const foreign = (await visits(server)).browser.form({}, 'Cancel').data['csrf'] ?? '';
    const whole = encoded(form.data);
    const port = new URL(server.issuer).port;
    const multipart = Object.entries(form.data).map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    return [
      ['no token', 403, encoded(bare), {}],
      ['an empty token', 403, encoded({ ...bare, csrf: '' }), {}],
      ['another sign-in’s token', 403, encoded({ ...bare, csrf: foreign }), {}],
      ['Origin of another site', 403, whole, { origin: 'https://evil.example' }],
      ['Origin null', 403, whole, { origin: 'null' }],
      ['Origin on another port', 403, whole, { origin: 'http://localhost:1' }],
      ['Origin with another scheme', 403, whole, { origin: `https://localhost:${port}` }],
      ['Origin that only begins alike', 403, whole, { origin: `${server.issuer}.evil.example` }],
      ['Sec-Fetch-Site cross-site', 403, whole, { 'sec-fetch-site': 'cross-site' }],
      ['Sec-Fetch-Site same-site', 403, whole, { 'sec-fetch-site': 'same-site' }],
      ['text/plain', 415, whole, { 'content-type': 'text/plain' }],
      ['JSON', 415, JSON.stringify(form.data), { 'content-type': 'application/json' }],
      ['multipart', 415, `${multipart.join('')}--b--\r\n`, { 'content-type': 'multipart/form-data; boundary=b' }],
      ['the token twice', 400, `${whole}&${encoded({ csrf: foreign })}`, {}],
    ];
  }

  const withWishes = (form: Form): [string, number, string, Record<string, string>][] =>
    WISHES.flatMap((wish) =>
      Object.entries(SHAPES).map(([shape, name]): [string, number, string, Record<string, string>] => [
        `the wish ${wish}, ${shape}`,
        400,
        `${encoded(form.data)}&${encoded({ [name(wish)]: 'gatehouse:admin' })}`,
        {},
      ]),
    );

  /** All of it but what is noted about errors, attempts that are counted, and when mails are sent and apps are told. */
  const everything = async (): Promise<string> =>
    (await databaseAsText(server))
      .split(/^-- /m)
      .filter((table) => !/^(error_references|rate_counters|mail_outbox|logout_notices)\b/.test(table))
      .join();

  /** Those of the tests before: it happens a second later. */
  const forgottenAreAnswered = () =>
    vi.waitUntil(
      async () => (await server.database.db.selectFrom('reset_requests').select('id').execute()).length === 0,
      { timeout: 10_000 },
    );

  test.each(Object.keys(FORMS))(
    'the form %s is taken from its own page only, with its own fields only',
    async (address) => {
      const form = await FORMS[address]!();
      const all = [...(await forgeries(form)), ...withWishes(form)];
      await forgottenAreAnswered();
      const before = await everything();
      for (const [what, status, body, headers] of all) {
        const answer = await post(form, body, headers);
        expect(answer.status, what).toBe(status);
        expect(answer.headers.getSetCookie(), what).toEqual([]);
      }
      expect(await everything()).toBe(before);
      const own = { origin: server.issuer, 'sec-fetch-site': 'same-origin' };
      const answer = await post(form, encoded(form.data), own);
      expect(answer.status).toBeLessThan(400);
      // The first start keeps what is not finished with the browser, sealed.
      const changed = answer.headers.getSetCookie().length > 0 || (await everything()) !== before;
      expect(changed).toBe(!READING.includes(address));
    },
  );

  test('every route of ours that changes anything is on this list', () => {
    // Programs have no cookies: what they send carries its token itself.
    const changing = server.routes
      .filter(({ method, access }) => method !== 'GET' && access.rule !== 'program')
      .map(({ path }) => path);
    expect(changing.sort()).toEqual(Object.keys(FORMS).sort());
  });

  test('the engine takes forms of a browser at one address only; at the others a cookie opens nothing', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    const engine = everyAddress(server).filter(
      ({ method, pattern }) => method === 'POST' && !server.routes.some((own) => own.path === pattern),
    );
    expect(engine.map(({ pattern }) => pattern).sort()).toEqual([
      '/me',
      '/request',
      '/session/end/confirm',
      '/token',
      '/token/introspection',
      '/token/revocation',
    ]);
    const before = await databaseAsText(server);
    for (const { url } of engine) {
      const form = { client_id: 'web', logout: 'yes', grant_type: 'client_credentials', token: 'x' };
      const answer = await browser.request(url, { method: 'POST', form });
      expect(answer.status, url).toBeGreaterThanOrEqual(400);
      expect(answer.status, url).toBeLessThan(500);
    }
    expect(accounts(await databaseAsText(server))).toBe(accounts(before));
    expect(isBackAtApp(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe(true);
  });

  test.each(['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method'])(
    'a GET is a GET, whatever %s says',
    async (header) => {
      const form = await FORMS['/interaction/:uid/sign-in']!();
      const before = await databaseAsText(server);
      const query = new URLSearchParams({ ...form.data, _method: 'POST' });
      const answer = await form.browser.request(`${form.action}&${query}`, { headers: { [header]: 'POST' } });
      expect(answer.status).toBeLessThan(400);
      expect(answer.headers.get('location') ?? '').not.toContain('/auth/');
      expect(accounts(await databaseAsText(server))).toBe(accounts(before));
    },
  );

  test('another site cannot sign anybody out', async () => {
    const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    const page = await visit.browser.newTab().open(`${server.issuer}/session/end`);
    const other = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser: newBrowser() });
    const foreign = await other.browser.newTab().open(`${server.issuer}/session/end`);
    const { action, data } = page.form({}, 'Sign out');
    const forged = [
      { logout: 'yes' },
      { logout: 'yes', xsrf: '' },
      { logout: 'yes', xsrf: foreign.form({}, 'Sign out').data['xsrf'] ?? '' },
    ];
    for (const form of forged) {
      const answer = await page.request(action, { method: 'POST', form });
      expect(answer.status).toBe(400);
    }
    const elsewhere: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${server.issuer}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of elsewhere) {
      for (const address of [action, action.replace('/session/end/confirm', '/Session/END/confirm/')]) {
        const answer = await page.request(address, { method: 'POST', form: data, headers });
        expect(answer.status, `${address} ${JSON.stringify(headers)}`).toBe(403);
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
    expect(isBackAtApp(await visits(server, { prompt: 'none' }, visit.browser.newTab()))).toBe(true);
    const own = { origin: server.issuer, 'sec-fetch-site': 'same-origin' };
    await page.request(action, { method: 'POST', form: data, headers: own });
    const after = await visits(server, { prompt: 'none' }, visit.browser.newTab());
    expect(after.browser.page.url).toContain('error=login_required');
  });
});
