// T49: what belongs to one account is reached through that account alone.
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS, type Program, program } from '../support/api.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let keeper: Program;
let alice: string;
let bob: string;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
  for (const name of ['alice', 'bob']) await server.person({ email: `${name}@example.test` });
  const { body } = await keeper.call('GET', '/accounts?sort=email');
  [alice, bob] = body.items.map(({ id }: { id: string }) => `/accounts/${id}`);
  await visitsAndSignsIn(server, { identifier: 'alice@example.test' });
});

afterAll(() => server.stop());

const items = async (path: string) => (await keeper.call('GET', path)).body.items;

describe('T49 identifiers of others through the API (CVE-2025-27507, CVE-2025-64431, CVE-2025-14777, CVE-2024-42490)', () => {
  test('somebody’s session does not end through another account', async () => {
    const [session] = await items(`${alice}/sessions`);
    const tried = [session.id, `${session.id}x`, session.id.slice(1), '1', '0', '00000000-0000-0000-0000-000000000000'];
    for (const id of tried) expect((await keeper.call('DELETE', `${bob}/sessions/${id}`)).status).toBe(404);
    expect((await keeper.call('DELETE', `${bob}/sessions`)).status).toBe(204);
    expect(await items(`${alice}/sessions`)).toHaveLength(1);
  });

  test('somebody’s app stays connected, and what they have stays theirs', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'owner', description: 'Owns' } });
    await keeper.call('POST', '/groups', { body: { name: 'owners', description: 'Own' } });
    await keeper.call('PUT', `${alice}/roles/owner`, { body: {} });
    await keeper.call('PUT', `${alice}/groups/owners`, { body: {} });
    expect((await keeper.call('DELETE', `${bob}/apps/web`)).status).toBe(404);
    expect((await keeper.call('DELETE', `${bob}/roles/owner`)).status).toBe(204);
    expect((await keeper.call('DELETE', `${bob}/groups/owners`)).status).toBe(204);
    expect(await items(`${alice}/apps`)).toHaveLength(1);
    const { body } = await keeper.call('GET', `${alice}/rights`);
    expect(body.effective).toMatchObject({ roles: ['owner'], groups: ['owners'] });
  });

  test('an account that is not there is nobody’s, whatever is asked of it', async () => {
    for (const id of [
      '1',
      '0',
      '00000000-0000-0000-0000-000000000000',
      'alice@example.test',
      // Twice, as one that asks takes the plain two dots out of the way before it sends.
      '%252e%252e',
      '..%2f..',
      `${bob.slice(10)}0`,
    ]) {
      for (const part of ['', '/sessions', '/apps', '/factors', '/rights']) {
        expect((await keeper.call('GET', `/accounts/${id}${part}`)).status, `${id}${part}`).toBe(404);
      }
    }
  });

  test('dots in a path are the name of an account, and lead to no other list', async () => {
    for (const dots of ['..', '%2e%2e', '.%2E', '%2e', '..;', '..%2f', '%2e%2e%5c']) {
      for (const part of ['', '/sessions', '/events']) {
        const answered = await sentAsItIs(`/api/v1/accounts/${dots}${part}`);
        const found = answered.status === 200 ? JSON.parse(answered.text).items : [];
        expect([dots, part, [200, 404].includes(answered.status), found]).toEqual([dots, part, true, []]);
      }
    }
  });
});

/** fetch would follow the dots itself. */
const sentAsItIs = (path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${keeper.token}` };
    get({ port: new URL(server.issuer).port, host: 'localhost', path, headers }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, text: await text(answer) });
    }).on('error', reject);
  });
