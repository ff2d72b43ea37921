// T38: guessing the second factor. Whoever knows the password has five tries in 15 minutes, by whatever way they come.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { atSignIn, countOf, inLanes, numbers, tries } from '../support/guessing.ts';
import { movingClock } from '../support/moving-clock.ts';
import { signsIn, totpCode } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols, isBackAtApp, visitsAndSignsIn } from '../support/visits.ts';

const TRIES = 1000;
const AT_ONCE = 50;
/** Sessions and addresses that the tries are spread over; opening one for each would only take longer. */
const SESSIONS = 100;
const SETTINGS = `server: { trusted_proxies: ["127.0.0.0/8", "::1/128"] }${RESOURCES}`;

describe('T38 guessed codes: Zitadel CVE-2025-64102; Keycloak CVE-2018-14657; Punk::TOTP CVE-2026-78655', () => {
  let server: TestServer;
  let secret: string;
  let recoveryCodes: string[];

  beforeAll(async () => {
    server = await startTestServer({ settings: SETTINGS });
    await server.person({ email: 'alice@example.test' });
    ({ secret, recoveryCodes } = await enrols(server, { identifier: 'alice@example.test' }));
  });

  afterAll(() => server.stop());

  /** Password in hand, in a session of their own, from an address of their own. */
  const atCode = async (at: number): Promise<Browser> => {
    const browser = await atSignIn(server.issuer, { address: `10.${at >> 8}.${at & 255}.7`, userAgent: `bot ${at}` });
    return signsIn(browser, { identifier: 'alice@example.test' });
  };

  const checked = async (): Promise<number> => {
    const { db } = server.database;
    const events = db.selectFrom('audit_events').select('id').where('event', '=', 'second_factor.failed');
    return (await events.execute()).length;
  };

  test(`of ${TRIES} wrong codes from ${SESSIONS} sessions and addresses, ${AT_ONCE} at once, five are checked; a restart changes nothing`, async () => {
    const right = new Set(numbers(5).map((ahead) => totpCode(secret, ahead - 2)));
    const sessions = await inLanes(numbers(SESSIONS), 4, atCode);
    const statuses = await inLanes(numbers(TRIES), AT_ONCE, async (at) => {
      const guess = String(at).padStart(6, '0');
      const code = right.has(guess) ? '999999' : guess;
      return tries(sessions[at % SESSIONS]!, { code }, 'Continue');
    });
    expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([5, TRIES - 5]);
    expect(await checked()).toBe(5);

    server = await server.restart({ settings: SETTINGS });
    const after = await atCode(SESSIONS);
    expect(await tries(after, { code: '000000' }, 'Continue')).toBe(429);
    expect(await tries(after, { code: totpCode(secret) }, 'Continue')).toBe(429);
    await after.click('recovery code');
    expect(await tries(after, { code: recoveryCodes[0] ?? '' }, 'Continue')).toBe(429);
  });

  test('right passwords in between give no further tries, and after 15 minutes there are five again', async () => {
    await atCode(7001);
    expect(await tries(await atCode(7002), { code: '000000' }, 'Continue')).toBe(429);
    movingClock.advance({ seconds: 15 * 60 + 1 });
    const browser = await atCode(7003);
    const statuses = await inLanes(numbers(20), 20, () => tries(browser, { code: '000000' }, 'Continue'));
    expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([5, 15]);
    movingClock.advance({ seconds: 15 * 60 + 1 });
    const visit = await visitsAndSignsIn(server, { identifier: 'alice@example.test' });
    await visit.browser.submit({ code: totpCode(secret) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });
});
