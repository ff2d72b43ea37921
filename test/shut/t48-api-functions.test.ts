// T48: each operation of the API is for whoever may call it, and for nobody else; T09: other tokens are none.
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_PRODUCT_PERMISSIONS } from '../../src/config/roles/product-permissions.ts';
import { call, OPERATIONS, PROGRAMS, type Program, program, serviceFile, tokenFor } from '../support/api.ts';
import { EXAMPLES, type Example } from '../support/api-examples.ts';
import { movingClock } from '../support/moving-clock.ts';
import { MASTER_SECRET, type OurKey, ourKey } from '../support/our-keys.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';
import { tokensOf, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let keeper: Program;
let examples: Readonly<Record<string, Example>>;
let tokens: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startTestServer({
    env: { GATEHOUSE_SECRET: MASTER_SECRET },
    clients: { ...PROGRAMS, idle: serviceFile('idle'), shrinking: serviceFile('shrinking') },
  });
  keeper = await program(server);
  const person = await server.person({ email: 'jane@example.test' });
  const target = await server.person({ email: 'target@example.test' });
  examples = EXAMPLES({ accountId: target.id });
  tokens = await otherTokens(person.id);
});

afterAll(() => server.stop());

/** Signed by the server, or by its key: what is wrong with each is what it is for. */
async function otherTokens(accountId: string): Promise<Readonly<Record<string, string>>> {
  const ofPerson = await tokensOf(
    server,
    await visitsAndSignsIn(server, {
      identifier: 'jane@example.test',
      params: { scope: 'openid roles items:read', resource: API },
    }),
  );
  const key = await ourKey(server);
  return {
    'access token of a person': ofPerson.accessToken,
    'ID token': ofPerson.idTokenText,
    'token of a client for another API': await tokenFor(server, {
      clientId: 'robot',
      scope: 'items:read',
      resource: API,
    }),
    ...forgedBy(key, accountId),
  };
}

function forgedBy(key: OurKey, accountId: string): Readonly<Record<string, string>> {
  const now = Math.floor(movingClock.now().getTime() / 1000);
  const good = {
    iss: server.issuer,
    sub: 'keeper',
    aud: `${server.issuer}/api/v1`,
    client_id: 'keeper',
    scope: ALL_PRODUCT_PERMISSIONS.join(' '),
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
  };
  const at = (changes: object, header: object = {}) => key.sign({ typ: 'at+jwt', ...header }, { ...good, ...changes });
  return {
    'token of a person for this API': at({ sub: accountId, client_id: 'web', gh_grant: 'some-grant' }),
    'token of a person in the name of a service': at({ gh_grant: 'some-grant' }),
    'logout token': at({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, { typ: 'logout+jwt' }),
    'JWT of no type': at({}, { typ: 'JWT' }),
    'token of a client that is not there': at({ client_id: 'nobody' }),
    'token of an app': at({ client_id: 'web' }),
    'token of a service that may not ask for it': at({ client_id: 'robot' }),
    'token for several audiences': at({ aud: [`${server.issuer}/api/v1`, API] }),
    'token for the issuer': at({ aud: server.issuer }),
    'token of another issuer': at({ iss: 'https://evil.example' }),
    'expired token': at({ exp: now - 1 }),
    'token that is not valid yet': at({ nbf: now + 100 }),
    'unsigned token': `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${Buffer.from(JSON.stringify(good)).toString('base64url')}.`,
  };
}

const sent = ({ body }: Example) => ({ ...(body === undefined ? {} : { body }), headers: { 'if-match': '*' } });

test('every operation has an example', () => {
  expect(Object.keys(examples).sort()).toEqual(OPERATIONS.map(({ id }) => id).sort());
});

describe('T48 functions of the API (CVE-2024-3656, CVE-2026-63203, GHSA-gv74-j8m3-fg5f) and T09 its tokens (CVE-2026-55669, CVE-2026-9097)', () => {
  test.each(OPERATIONS.map(({ id }) => id))('%s takes no other token, and none', async (id) => {
    const { method } = OPERATIONS.find((each) => each.id === id)!;
    const example = examples[id]!;
    expect((await call(server, method, example.path, sent(example))).status).toBe(401);
    for (const [kind, token] of Object.entries(tokens)) {
      const { status, headers } = await call(server, method, example.path, { ...sent(example), token });
      expect([status, headers.get('www-authenticate')], kind).toEqual([
        401,
        expect.stringContaining('Bearer error="invalid_token"'),
      ]);
    }
  });

  test.each(OPERATIONS.map(({ id }) => id))('%s takes the scope and the role, both', async (id) => {
    const { method, needs } = OPERATIONS.find((each) => each.id === id)!;
    const example = examples[id]!;
    const others = ALL_PRODUCT_PERMISSIONS.filter((name) => name !== needs).join(' ');
    const scopeless = await program(server, { scope: others });
    const refused = await scopeless.call(method, example.path, sent(example));
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_scope']);
    const roleless = await program(server, { clientId: 'idle', roles: [] });
    const idle = await roleless.call(method, example.path, sent(example));
    expect([idle.status, idle.body.code, idle.body.needs]).toEqual([403, 'forbidden', needs]);
  });

  test('a program that may change and not see is shown nothing by changing nothing', async () => {
    const blind = await program(server, {
      scope: ALL_PRODUCT_PERMISSIONS.filter((name) => !name.endsWith(':read')).join(' '),
    });
    await keeper.call('POST', '/roles', { body: { name: 'hidden', description: 'Hidden words' } });
    await keeper.call('POST', '/groups', { body: { name: 'hidden', description: 'Hidden words' } });
    const paths = [
      '/roles/hidden',
      '/groups/hidden',
      '/permissions/gatehouse/accounts:read',
      examples['getAccount']!.path,
    ];
    for (const path of paths) {
      for (const method of ['GET', 'PATCH']) {
        const { status, body } = await blind.call(
          method,
          path,
          sent({ path, ...(method === 'PATCH' && { body: {} }) }),
        );
        expect([path, method, status, body.code]).toEqual([path, method, 403, 'insufficient_scope']);
        expect(JSON.stringify(body)).not.toMatch(/Hidden words|target@example/);
      }
    }
  });

  test('an administrator’s program may call each of them', async () => {
    for (const [id, example] of Object.entries(examples)) {
      const { method, success } = OPERATIONS.find((each) => each.id === id)!;
      const { status, body } = await keeper.call(method, example.path, sent(example));
      expect([id, status, status >= 400 ? body : undefined]).toEqual([
        id,
        example.status ?? success.status,
        example.status === undefined ? undefined : expect.anything(),
      ]);
    }
  });

  test('an auditor’s program reads all and changes nothing', async () => {
    const auditor = await program(server, { clientId: 'second', roles: ['gatehouse:auditor'] });
    for (const { id, method, needs } of OPERATIONS) {
      const { status } = await auditor.call(method, examples[id]!.path, sent(examples[id]!));
      expect([id, status === 403]).toEqual([id, !needs.endsWith(':read')]);
    }
  });

  test('a token loses with the next call what the file of its client loses', async () => {
    const { call: shrinking } = await program(server, { clientId: 'shrinking' });
    const status = async (path: string) => (await shrinking('GET', path)).status;
    expect([await status('/clients'), await status('/roles')]).toEqual([200, 200]);
    const file = path.join(server.configDir, 'clients', 'shrinking.yaml');
    writeFileSync(file, serviceFile('shrinking', ['clients:read']));
    await expect.poll(() => status('/roles'), { timeout: 5000 }).toBe(403);
    expect(await status('/clients')).toBe(200);
    writeFileSync(file, serviceFile('shrinking', ['clients:read']).replace(/resources:.*/, 'resources: {}'));
    await expect.poll(() => status('/clients'), { timeout: 5000 }).toBe(401);
    rmSync(file);
    expect(await status('/clients')).toBe(401);
  });
});
