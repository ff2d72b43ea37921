// Who gets to the console of administrators, and for how long.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeRole } from '../../src/roles/assignments.ts';
import { createRole } from '../../src/roles/roles.ts';
import { administrator } from '../support/administrators.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { confirmsPassword } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const at = (path: string) => `${server.issuer}${path}`;

describe('the console', () => {
  test('asks whoever is nobody to sign in, and tells people that it is not for them, without asking for a factor', async () => {
    await server.person({ email: 'ada@example.test' });
    const ada = await newBrowser().open(at('/admin'));
    expect(ada.title).toBe('Sign in to Gatehouse');
    await signsIn(ada, { identifier: 'ada@example.test' });
    expect(ada.title).toBe('This is not for you');
    expect(ada.text).not.toContain('accounts:read');
  });

  test('shows nothing to a password alone, whatever role it is that permits something, and asks for a second factor', async () => {
    const permissions = [{ resource: 'gatehouse', name: 'accounts:read' }];
    await createRole(server.deps, { name: 'desk', description: '', mfa: 'optional', permissions });
    await createRole(server.deps, { name: 'lead', description: '', mfa: 'optional', includes: ['desk'] });
    await server.person({ email: 'dot@example.test', roles: ['lead'] });
    const dot = await newBrowser().open(at('/account'));
    await signsIn(dot, { identifier: 'dot@example.test' });
    expect(dot.title).toBe('Your account');
    for (const path of ['/admin', '/admin/accounts']) {
      const answer = await dot.request(at(path));
      const asked = new URL(answer.headers.get('location') ?? '', server.issuer).searchParams;
      expect([path, answer.status, asked.get('acr_values')]).toEqual([path, 303, 'mfa']);
    }
    await dot.open(at('/admin'));
    await confirmsPassword(dot);
    expect(dot.title).toBe('Set up your authenticator app');
  });

  test('takes administrators with a second factor, and shows a helpdesk what it may see', async () => {
    const root = await administrator(server);
    expect(root.browser.title).toBe('Administration');
    const helpdesk = await administrator(server, { roles: ['gatehouse:helpdesk'] });
    expect(helpdesk.browser.title).toBe('Administration');
  });

  test('is over with the next request when the role is taken away', async () => {
    const root = await administrator(server);
    await revokeRole(server.database.db, { accountId: root.id, role: 'gatehouse:admin' });
    await root.browser.open(at('/admin'));
    expect(root.browser.title).toBe('This is not for you');
    expect((await root.browser.request(at('/admin'))).status).toBe(403);
  });

  test('asks again after fifteen idle minutes, and after eight hours of work', async () => {
    const root = await administrator(server);
    for (let minutes = 0; minutes < 40; minutes += 10) {
      movingClock.advance({ minutes: 10 });
      await root.browser.open(at('/admin'));
      expect(root.browser.title).toBe('Administration');
    }
    movingClock.advance({ minutes: 16 });
    await root.browser.open(at('/admin'));
    expect(root.browser.title).toBe('Confirm it’s you');
    await root.freshens();
    expect(root.browser.title).toBe('Administration');
    for (let hours = 0; hours < 8; hours += 0.2) {
      movingClock.advance({ minutes: 12 });
      await root.browser.open(at('/admin'));
    }
    expect(root.browser.title).not.toBe('Administration');
  });
});
