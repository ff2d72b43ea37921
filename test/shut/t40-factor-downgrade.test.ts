// Recovery codes are good once, and nobody takes a factor away with less than it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { databaseAsText, enrols, isBackAtApp, type Visit, visitsAndSignsIn } from '../support/visits.ts';

describe('T40 recovery codes, removal of factors, downgrade: Keycloak CVE-2020-10686, #46168; ASVS 6.5.1', () => {
  let server: TestServer;

  beforeAll(async () => {
    // Twenty tries at once shall all be looked at.
    server = await startTestServer({ settings: `mfa: optional\nlimits:\n  second_factor_failures: 20\n${RESOURCES}` });
  });

  afterAll(() => server.stop());

  const at = (path: string): string => `${server.issuer}${path}`;
  const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
  const CODES = /[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g;
  const keyOn = ({ text }: Browser): string => KEY.exec(text)?.[0]?.replaceAll(' ', '') ?? '';

  async function enrolled(name: string) {
    const identifier = `${name}@example.test`;
    const { id } = await server.person({ email: identifier });
    return { identifier, id, ...(await enrols(server, { identifier })) };
  }

  async function uses({ browser }: Visit, code: string): Promise<void> {
    await browser.click('Use a recovery code');
    await browser.submit({ code }, 'Continue');
  }

  const heldBy = (accountId: string) =>
    server.database.db.selectFrom('totp_secrets').select('id').where('account_id', '=', accountId).execute();

  test('a code that was used is refused', async () => {
    const { identifier, recoveryCodes } = await enrolled('ada');
    const [code = ''] = recoveryCodes;
    const first = await visitsAndSignsIn(server, { identifier });
    await uses(first, code);
    expect(isBackAtApp(first)).toBe(true);
    const again = await visitsAndSignsIn(server, { identifier });
    await uses(again, code);
    expect([isBackAtApp(again), again.browser.page.status]).toEqual([false, 400]);
  });

  test('of 20 posts of one code in 20 sign-ins one is let in', { timeout: 90_000 }, async () => {
    const { identifier, recoveryCodes } = await enrolled('ben');
    const all: Visit[] = [];
    for (let at = 0; at < 20; at += 1) all.push(await visitsAndSignsIn(server, { identifier }));
    for (const { browser } of all) await browser.click('Use a recovery code');
    await Promise.all(all.map(({ browser }) => browser.submit({ code: recoveryCodes[4] ?? '' }, 'Continue')));
    expect(all.filter(isBackAtApp)).toHaveLength(1);
    const { db } = server.database;
    const told = await db
      .selectFrom('mail_outbox')
      .select('id')
      .where('recipient', '=', identifier)
      .where('message', '=', 'recovery_code_used')
      .execute();
    expect(told).toHaveLength(1);
  });

  test('with new codes the old set is dead', { timeout: 60_000 }, async () => {
    const { identifier, browser, recoveryCodes } = await enrolled('cleo');
    await browser.open(at('/account/recovery-codes'));
    await browser.submit({}, 'Make new recovery codes');
    const [fresh = ''] = browser.text.match(CODES) ?? [];
    const visit = await visitsAndSignsIn(server, { identifier });
    await visit.browser.click('Use a recovery code');
    for (const code of recoveryCodes) {
      await visit.browser.submit({ code }, 'Continue');
      expect([isBackAtApp(visit), visit.browser.page.status]).toEqual([false, 400]);
    }
    await visit.browser.submit({ code: fresh }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });

  test('a session of the password alone takes no authenticator away, adds none and makes no codes', async () => {
    const identifier = 'dora@example.test';
    const { id } = await server.person({ email: identifier });
    // The one who knows the password was here first; then its owner sets up an authenticator from a session that stays.
    const thief = await visitsAndSignsIn(server, { identifier });
    const { browser } = await visitsAndSignsIn(server, { identifier });
    await browser.open(at('/account/authenticators/new'));
    await browser.submit({ code: totpCode(keyOn(browser)) }, 'Confirm');
    const [held] = await heldBy(id);
    const before = await databaseAsText(server);
    const paths = [
      `/account/authenticators/${held?.id}/remove`,
      `/account/authenticators/${held?.id}`,
      '/account/authenticators/new',
      '/account/recovery-codes',
    ];
    // The owner's own session too is one of a password: it was opened before there was a code to ask for.
    for (const [who, session] of [
      ['thief', thief.browser],
      ['owner', browser],
    ] as const) {
      const { csrf = '' } = session.document.querySelector('form') === null ? {} : session.form({}).data;
      for (const path of paths) {
        const answers = [
          await session.request(at(path)),
          await session.request(at(path), { method: 'POST', form: { csrf, name: 'x', pending: 'x', code: '000000' } }),
        ];
        for (const answer of answers) {
          expect([who, path, answer.status]).toEqual([who, path, 303]);
          expect(answer.headers.get('location')).toMatch(who === 'owner' ? /acr_values=mfa/ : /^\/auth\?/);
        }
      }
    }
    expect(await heldBy(id)).toEqual([held]);
    const tables = (dump: string) =>
      dump.split(/^-- /m).filter((table) => /^(totp_secrets|recovery_codes)\b/.test(table));
    expect(tables(await databaseAsText(server))).toEqual(tables(before));
  });

  test('a session that is not fresh is asked again, for both factors', async () => {
    const { id, browser, secret } = await enrolled('eve');
    const [held] = await heldBy(id);
    movingClock.advance({ minutes: 6 });
    await browser.open(at(`/account/authenticators/${held?.id}/remove`));
    await browser.submit({ password: 'correct horse battery staple' }, 'Confirm');
    expect(browser.title).toBe('Enter your code');
    await browser.submit({ code: totpCode(secret) }, 'Continue');
    expect(browser.title).toBe('Remove authenticator');
    expect(await heldBy(id)).toHaveLength(1);
  });

  test('a form that was never shown does not make up for a sign-in that is too old', async () => {
    const identifier = 'hedy@example.test';
    const { id } = await server.person({ email: identifier });
    const { browser } = await visitsAndSignsIn(server, { identifier });
    // Too old for the page, and not for the form of a page that was opened in time.
    movingClock.advance({ minutes: 14 });
    await browser.open(at('/account/security'));
    const { csrf = '' } = browser.form({}, 'Sign out').data;
    const form = { csrf, name: 'Mine', pending: 'made up', code: '000000' };
    const answer = await browser.request(at('/account/authenticators/new'), { method: 'POST', form });
    expect(await answer.text()).not.toMatch(KEY);
    await browser.open(at('/account/authenticators/new'));
    expect([browser.title, keyOn(browser)]).toEqual(['Confirm it’s you', '']);
    expect(await heldBy(id)).toEqual([]);
  });

  test('a form without the token of its session changes nothing, nor does one of another session', async () => {
    const { id, identifier, browser } = await enrolled('finn');
    const [held] = await heldBy(id);
    const path = `/account/authenticators/${held?.id}/remove`;
    const stranger = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser: newBrowser() });
    expect(isBackAtApp(stranger)).toBe(false);
    expect((await browser.request(at(path), { method: 'POST', form: {} })).status).toBe(403);
    expect((await browser.request(at(path), { method: 'POST', form: { csrf: 'x'.repeat(43) } })).status).toBe(403);
    expect(await heldBy(id)).toHaveLength(1);
    expect(identifier).toBeTruthy();
  });

  test('no code, key or pending key stands in the database as it is', { timeout: 60_000 }, async () => {
    const { browser, recoveryCodes, secret } = await enrolled('gus');
    await browser.open(at('/account/authenticators/new'));
    const pending = keyOn(browser);
    await browser.open(at('/account/recovery-codes'));
    await browser.submit({}, 'Make new recovery codes');
    const codes = [...recoveryCodes, ...(browser.text.match(CODES) ?? [])];
    expect(codes).toHaveLength(20);
    const dump = await databaseAsText(server);
    expect(dump).toContain('-- recovery_codes');
    for (const value of [secret, pending, ...codes, ...codes.map((code) => code.replaceAll('-', ''))]) {
      expect(dump).not.toContain(value);
    }
    const log = server.logLines.map((line) => JSON.stringify(line)).join('\n');
    for (const value of [secret, pending, ...codes]) expect(log).not.toContain(value);
  });
});
