// Nobody makes an account where the operator has said so: not by page, address, method, type of content or an old sign-in.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { newBrowser } from '../support/sign-in.ts';
import { countOf, newAddress, OPEN, signsUp } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const ADVISORIES = 'Zitadel CVE-2024-49757, CVE-2026-29193; authentik CVE-2022-46145';

describe.each(['closed', 'invite'])(`T36 with registration %s (${ADVISORIES})`, (policy) => {
  let server: TestServer;
  const settings = `mfa: optional\nregistration: { policy: ${policy} }\n${RESOURCES}`;

  beforeAll(async () => {
    server = await startTestServer({ settings });
  });
  afterAll(() => server.stop());

  const nobodyCame = async () =>
    expect([await countOf(server, 'accounts'), await countOf(server, 'registrations')]).toEqual([0, 0]);

  const fields = () => ({ email: newAddress(), username: '', name: '', password: PASSWORD, terms: 'yes' });

  const stepOf = (browser: Browser, step: string): string =>
    browser.page.url.replace(/(\/interaction\/[\w-]+)/, `$1/${step}`);

  test('no page offers it, and /register refuses', async () => {
    const { browser } = await visits(server);
    expect(browser.text).not.toContain('Create an account');
    expect((await newBrowser().open(`${server.issuer}/register`)).page.status).toBe(403);
    await nobodyCame();
  });

  test('a form that was never shown is refused, in whatever type it is sent', async () => {
    for (const params of [{}, { prompt: 'create' }, { prompt: 'select_account' }]) {
      const { browser } = await visits(server, params);
      const { csrf = '' } = browser.form({}, 'Cancel').data;
      for (const [step, own] of Object.entries({
        'create-account': {},
        'sign-up': fields(),
        'verify-email': { code: '12345678' },
        'new-code': {},
        username: { username: 'newcomer' },
        account: { choice: 'create' },
      })) {
        const form = { csrf, ...own };
        const answer = await browser.request(stepOf(browser, step), { method: 'POST', form });
        expect([303, 403]).toContain(answer.status);
        if (['create-account', 'sign-up', 'account'].includes(step)) expect(answer.status).toBe(403);
        for (const type of ['application/json', 'multipart/form-data; boundary=b', 'text/plain']) {
          const other = await browser.request(stepOf(browser, step), {
            method: 'POST',
            form,
            headers: { 'content-type': type },
          });
          expect([403, 415]).toContain(other.status);
        }
      }
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await browser.request(stepOf(browser, 'sign-up'), { method, form: { csrf, ...fields() } });
        expect([403, 405]).toContain(answer.status);
      }
    }
    await nobodyCame();
  });

  test('a sign-in that was begun while it was open ends there: at the form, at the code and at the link', async () => {
    const open = await server.restart({ settings: OPEN });
    const atForm = await visits(open);
    await atForm.browser.submit({}, 'Create an account');
    const atCode = await visits(open);
    await signsUp(atCode.browser, { email: newAddress() });
    expect(await countOf(open, 'registrations')).toBe(1);
    server = await open.restart({ settings });
    const { terms: _, ...typed } = fields();
    await atForm.browser.submit(typed, 'Create account');
    expect(atForm.browser.page.status).toBe(403);
    await atCode.browser.submit({ code: '12345678' }, 'Continue');
    expect(atCode.browser.text).toContain('New accounts cannot be created here');
    expect([await countOf(server, 'accounts'), await countOf(server, 'registrations')]).toEqual([0, 1]);
    await server.database.db.deleteFrom('registrations').execute();
  });
});
