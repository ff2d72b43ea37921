// A code of an authenticator is good once: not twice, not in twenty sign-ins at once, not after it has enrolled.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { inLanes } from '../support/guessing.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, totpCode } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, entersCode, isBackAtApp, toNextTotpStep, visitsAndSignsIn } from '../support/visits.ts';

describe('T39 TOTP replay: Rodauth CVE-2026-82470; MISP CVE-2026-103655; FileRise CVE-2026-104105; SP 800-63B 3.1.4.2', () => {
  let server: TestServer;

  beforeAll(async () => {
    // Twenty tries at once shall all be looked at.
    server = await startTestServer({ settings: `mfa: optional\nlimits:\n  second_factor_failures: 20\n${RESOURCES}` });
  });

  afterAll(() => server.stop());

  const at = (path: string): string => `${server.issuer}${path}`;
  const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
  const keyOn = ({ text }: Browser): string => KEY.exec(text)?.[0]?.replaceAll(' ', '') ?? '';

  async function enrolled(name: string) {
    const identifier = `${name}@example.test`;
    await server.person({ email: identifier });
    return { identifier, ...(await enrols(server, { identifier })) };
  }

  test('the same code again is refused, in the same browser and in another', async () => {
    const { identifier, secret } = await enrolled('ada');
    toNextTotpStep();
    const code = totpCode(secret);
    const [first, second] = [
      await visitsAndSignsIn(server, { identifier }),
      await visitsAndSignsIn(server, { identifier }),
    ];
    await first.browser.submit({ code }, 'Continue');
    expect(isBackAtApp(first)).toBe(true);
    await second.browser.submit({ code }, 'Continue');
    expect([isBackAtApp(second), second.browser.page.status]).toEqual([false, 400]);
    // Within its window, and after it.
    movingClock.advance({ seconds: 30 });
    await second.browser.submit({ code }, 'Continue');
    expect(second.browser.page.status).toBe(400);
  });

  test('of 20 posts of one right code in 20 sign-ins one is let in', { timeout: 60_000 }, async () => {
    const { identifier, secret } = await enrolled('ben');
    // Passwords in the order in which they come: more than ten at once are too many for one account.
    const all = await inLanes(Array(20).fill(identifier), 2, () => visitsAndSignsIn(server, { identifier }));
    toNextTotpStep();
    const code = totpCode(secret);
    await Promise.all(all.map(({ browser }) => browser.submit({ code }, 'Continue')));
    expect(all.filter(isBackAtApp)).toHaveLength(1);
    expect(all.filter(({ browser }) => browser.page.status === 400)).toHaveLength(19);
  });

  test('the code that enrolled does not sign in', async () => {
    const identifier = 'cleo@example.test';
    await server.person({ email: identifier });
    toNextTotpStep();
    const { browser } = await visitsAndSignsIn(server, { identifier, params: { acr_values: 'mfa' } });
    const { spent } = await enrolsTotp(browser);
    const visit = await visitsAndSignsIn(server, { identifier });
    await visit.browser.submit({ code: spent }, 'Continue');
    expect([isBackAtApp(visit), visit.browser.page.status]).toEqual([false, 400]);
  });

  test('nor does the code that added a further one, and its form makes one authenticator however often it is sent', async () => {
    const { identifier, browser } = await enrolled('dora');
    toNextTotpStep();
    await browser.open(at('/account/authenticators/new'));
    const secret = keyOn(browser);
    const code = totpCode(secret);
    const { action, data } = browser.form({ code }, 'Confirm');
    const sent = Array.from({ length: 20 }, (_, index) =>
      browser.request(action, { method: 'POST', form: { ...data, name: `App ${index}` } }),
    );
    await Promise.all(sent);
    const rows = await server.database.db
      .selectFrom('totp_secrets')
      .innerJoin('accounts', 'accounts.id', 'account_id')
      .select('name')
      .where('email', '=', identifier)
      .execute();
    expect(rows).toHaveLength(2);
    const visit = await visitsAndSignsIn(server, { identifier });
    await visit.browser.submit({ code }, 'Continue');
    expect(visit.browser.page.status).toBe(400);
  });

  test('each authenticator has a step of its own: one used does not use up the other', async () => {
    const { identifier, browser, secret } = await enrolled('eve');
    await browser.open(at('/account/authenticators/new'));
    const second = keyOn(browser);
    await browser.submit({ code: totpCode(second) }, 'Confirm');
    toNextTotpStep();
    for (const key of [secret, second]) {
      expect(isBackAtApp(await entersCode(await visitsAndSignsIn(server, { identifier }), key))).toBe(true);
      expect(isBackAtApp(await entersCode(await visitsAndSignsIn(server, { identifier }), key))).toBe(false);
    }
  });
});
