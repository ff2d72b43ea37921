// T56: no name that somebody sends is taken for a part of every object.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, authorize, post, WEB } from '../protocol/apps.ts';
import { OPERATIONS, PROGRAMS, type Program, program } from '../support/api.ts';
import { EXAMPLES } from '../support/api-examples.ts';
import { problemsOf } from '../support/config-files.ts';
import { assertionForm, newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const REFERENCES = 'better-auth GHSA-737v-mqg7-c878; Kratos GHSA-pf86-5x62-jrwf; ASVS 15.3.6';

const NAMES = [
  '__proto__',
  '__proto__[polluted]',
  '__proto__.polluted',
  'constructor[prototype][polluted]',
  'constructor.prototype.polluted',
  'a[__proto__][polluted]',
  'toString',
  'hasOwnProperty',
];

let server: TestServer;
let keeper: Program;
let signing: SigningClient;

beforeAll(async () => {
  signing = await newSigningClient('signing');
  server = await startTestServer({ clients: { ...PROGRAMS, signing: signing.file } });
  keeper = await program(server);
  await server.person({ email: 'jane@example.test' });
});

afterAll(() => server.stop());

function isClean(): void {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(typeof {}.toString).toBe('function');
}

describe(`T56 prototype pollution (${REFERENCES})`, () => {
  test('in a query or a form it is a parameter nobody knows, and the sign-in goes on', async () => {
    for (const name of NAMES) {
      const query = new URLSearchParams({ ...AUTHORIZATION, [name]: 'polluted' });
      expect((await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' })).status).toBeLessThan(500);
      const { browser } = await visits(server);
      const form = browser.form({ identifier: 'jane@example.test', password: 'wrong' }, 'Sign in');
      const answer = await browser.request(form.action, { method: 'POST', form: { ...form.data, [name]: 'polluted' } });
      expect(answer.status, name).toBe(400);
      const body = { grant_type: 'client_credentials', [name]: 'polluted' };
      expect((await post(`${server.issuer}/token`, body, { client: WEB })).status).toBeLessThan(500);
      isClean();
    }
    expect((await authorize(server.issuer, { email: 'jane@example.test' })).code).not.toBe('');
  });

  test('as a grant, a scope, a client, a prompt or a claim it is none that there is', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      for (const parameter of ['client_id', 'response_type', 'response_mode', 'prompt', 'code_challenge_method']) {
        const query = new URLSearchParams({ ...AUTHORIZATION, [parameter]: name });
        const answer = await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' });
        expect(answer.status, `${parameter}=${name}`).toBeLessThan(500);
        expect(answer.headers.get('location') ?? '').not.toContain('code=');
      }
      for (const form of [{ grant_type: name }, { grant_type: 'client_credentials', scope: name, resource: name }]) {
        const answer = await post(`${server.issuer}/token`, form as Record<string, string>, { client: WEB });
        expect([400, 401]).toContain(answer.status);
      }
      const claims = JSON.stringify({ id_token: { [name]: null }, userinfo: { [name]: { essential: true } } });
      const query = new URLSearchParams({ ...AUTHORIZATION, claims: claims.replaceAll('"x"', name) });
      expect((await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' })).status).toBeLessThan(500);
      isClean();
    }
  });

  test('in the claims of a token that a client signs it changes nothing', async () => {
    for (const evil of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}']) {
      const assertion = await signing.assertion(server.issuer, JSON.parse(evil) as Record<string, unknown>);
      const form = { grant_type: 'client_credentials', ...assertionForm(assertion) };
      expect((await post(`${server.issuer}/token`, form)).status).toBeLessThan(500);
      isClean();
    }
  });

  test('in the body of any change through the API it is refused, at the top and below', async () => {
    const examples = EXAMPLES({ accountId: (await server.person({ email: 'target@example.test' })).id });
    const changing = OPERATIONS.filter(({ id }) => examples[id]?.body !== undefined);
    expect(changing.length).toBeGreaterThan(5);
    for (const { id, method } of changing) {
      const example = examples[id]!;
      const plain = JSON.stringify(example.body);
      for (const member of ['"__proto__":{"polluted":1}', '"constructor":{"prototype":{"polluted":1}}']) {
        const body = plain === '{}' ? `{${member}}` : `{${member},${plain.slice(1)}`;
        const { status } = await keeper.call(method, example.path, { body, headers: { 'if-match': '*' } });
        expect([400, 404, 409, 412, 422], `${id} ${body}`).toContain(status);
        isClean();
      }
    }
  });

  test('in a configuration file it is an unknown setting, and the message says where', () => {
    for (const yaml of ['__proto__: { polluted: 1 }', 'constructor: { prototype: { polluted: 1 } }']) {
      const problems = problemsOf({ 'config/gatehouse.yaml': yaml });
      expect(problems.length).toBeGreaterThan(0);
      expect(problems[0]).toMatchObject({ file: 'config/gatehouse.yaml', line: 1 });
      isClean();
    }
  });
});
