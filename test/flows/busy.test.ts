// When more people sign in at once than the machine can hash passwords for.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SPA, signedIn } from '../protocol/apps.ts';
import { CROWD_SETTINGS, crowdSignsIn, HASH_MIB, PARALLEL_HASHES } from '../support/crowd.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const LIMIT = 12;
const SETTINGS = `limits: { parallel_hashes: 1, hash_queue: 1, sign_in_failures: ${LIMIT} }${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
});

afterAll(() => server.stop());

describe('T60 hashing passwords for a crowd (Rauthy `max_hash_threads`; ASVS 15.1.3, 15.2.2)', () => {
  test('who finds the queue full is asked to come back soon, and has lost no attempt', async () => {
    await server.person({ email: 'olga@example.test' });
    const { browser } = await visits(server);
    const form = browser.form({ identifier: 'olga@example.test', password: 'a wrong password of length' }, 'Sign in');
    const attempt = () => browser.request(form.action, { method: 'POST', form: form.data });
    const answers = await Promise.all(Array.from({ length: LIMIT }, attempt));
    const busy = answers.filter(({ status }) => status === 503);
    const wrong = answers.filter(({ status }) => status === 400);
    expect(busy.length).toBeGreaterThan(0);
    expect(wrong.length + busy.length).toBe(LIMIT);
    for (const answer of busy) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await answer.text()).toContain('Very busy at the moment');
    }
    for (let left = LIMIT - wrong.length; left > 0; left -= 1) expect((await attempt()).status).toBe(400);
    expect((await attempt()).status).toBe(429);
  });
});

describe('T60 five hundred people at once (Rauthy `max_hash_threads`; ASVS 15.1.3, 15.2.2)', () => {
  const COUNT = 500;
  /** What the sockets, requests and answers of so many take, those of the crowd itself too: it is in this process. */
  const SLACK_MIB = 100;

  test('all are answered or asked to come back, apps refresh meanwhile, and memory stays', async () => {
    const many = await startTestServer({ settings: CROWD_SETTINGS });
    onTestFinished(() => many.stop());
    await many.person({ email: 'pia@example.test' });
    const { tokens } = await signedIn(many.issuer, { app: SPA, email: 'pia@example.test' });
    // The first crowd makes the connections and warms up the process.
    const { refreshToken } = await crowdSignsIn(many, { count: COUNT, refreshToken: tokens.refreshToken });
    const { statuses, refreshes, grownMib } = await crowdSignsIn(many, { count: COUNT, refreshToken });
    expect(statuses).toHaveLength(COUNT);
    expect(new Set(statuses)).toEqual(new Set([400, 503]));
    expect(refreshes.length).toBeGreaterThan(1);
    expect(refreshes.filter(({ status }) => status !== 200)).toEqual([]);
    expect(grownMib).toBeLessThan(2 * HASH_MIB * PARALLEL_HASHES + SLACK_MIB);
    expect((await fetch(`${many.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  });
});
