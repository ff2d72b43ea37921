// When more people sign in at once than the machine can hash passwords for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const SETTINGS = `limits: { parallel_hashes: 1, hash_queue: 1, sign_in_failures: 5 }${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
});

afterAll(() => server.stop());

test('who finds the queue full is asked to come back soon, and has lost no attempt', async () => {
  await server.person({ email: 'olga@example.test' });
  const { browser } = await visits(server);
  const wrong = browser.form({ identifier: 'olga@example.test', password: 'a wrong password of length' }, 'Sign in');
  const busy = [];
  for (let round = 0; round < 4 && busy.length < 8; round += 1) {
    const right = browser.form({ identifier: 'nobody@example.test', password: PASSWORD }, 'Sign in');
    const strangers = Array.from({ length: 3 }, () =>
      browser.request(right.action, { method: 'POST', form: right.data }),
    );
    const olgas = Array.from({ length: 4 }, () => browser.request(wrong.action, { method: 'POST', form: wrong.data }));
    await Promise.all(strangers);
    busy.push(...(await Promise.all(olgas)).filter(({ status }) => status === 503));
  }
  expect(busy.length).toBeGreaterThan(0);
  for (const answer of busy) {
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.text()).toContain('Very busy at the moment');
  }
  const visit = await visitsAndSignsIn(server, { identifier: 'olga@example.test' });
  expect(isBackAtApp(visit)).toBe(true);
});
