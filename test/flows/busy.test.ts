// When more people sign in at once than the machine can hash passwords for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const LIMIT = 12;
const SETTINGS = `limits: { parallel_hashes: 1, hash_queue: 1, sign_in_failures: ${LIMIT} }${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
});

afterAll(() => server.stop());

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
