// When more people sign in at once than the machine can hash passwords for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refresh, SPA, signedIn } from '../protocol/apps.ts';
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

  test('two hundred at once are answered or sent away, apps refresh meanwhile, and memory stays', async () => {
    await server.person({ email: 'pia@example.test' });
    const { tokens } = await signedIn(server.issuer, { app: SPA, email: 'pia@example.test' });
    const { browser } = await visits(server);
    const before = process.memoryUsage().rss;
    const crowd = Array.from({ length: 200 }, (_, at) => {
      const form = browser.form({ identifier: `nobody-${at}@example.test`, password: 'a wrong password' }, 'Sign in');
      return browser.request(form.action, { method: 'POST', form: form.data });
    });
    let { refreshToken } = tokens;
    for (let time = 0; time < 5; time += 1) {
      const refreshed = await refresh(server.issuer, SPA, refreshToken);
      expect(refreshed.status).toBe(200);
      refreshToken = String(refreshed.body['refresh_token']);
    }
    const statuses = (await Promise.all(crowd)).map(({ status }) => status);
    expect(statuses.filter((status) => ![400, 429, 503].includes(status))).toEqual([]);
    expect(statuses).toContain(503);
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(300);
  });
});
