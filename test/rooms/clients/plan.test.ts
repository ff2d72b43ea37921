// What a plan finds in two sets of client files: every field that differs, and whether that makes a client weaker.
import { describe, expect, test } from 'vitest';
import { buildClient } from '../../../src/clients/build-client.ts';
import type { Client, ClientSecret } from '../../../src/clients/client.ts';
import { clientFile } from '../../../src/clients/client-file.ts';
import { sha256 } from '../../../src/clients/client-secret.ts';
import { clientRegressions } from '../../../src/clients/plan/client-regressions.ts';
import { compareClients } from '../../../src/clients/plan/compare-clients.ts';
import { describeClient, describeClients } from '../../../src/clients/plan/describe-client.ts';
import { allPaths } from '../../../src/config/shape-keys.ts';
import { clientWith, PUBLIC_KEY } from './client-files.ts';

const KEY = Buffer.alloc(32, 7);
const NOW = new Date('2027-03-01T12:00:00Z');
const DAY_MS = 86_400_000;

const BASE: Client = buildClient(
  { client_id: 'app', preset: 'web', redirect_uris: ['https://app.test/cb'] },
  { secrets: [], logoFile: undefined, source: { file: 'config/clients/app.yaml', line: 1, lines: {} } },
);
const LISTED = ['https://one.test/cb', 'https://two.test/cb'];
const keys = (text: string) => [{ kty: 'EC', crv: 'P-256', x: text, y: text }];
const secret = (text: string, more: Partial<ClientSecret> = {}): ClientSecret => ({
  sha256: sha256(text),
  expires: undefined,
  created: undefined,
  ...more,
});

/** Another value for each field; `key` is where the difference shows. A new field does not compile without its line. */
const OTHER: { readonly [F in Exclude<keyof Client, 'clientId' | 'source'>]: { key: string; value: Client[F] } } = {
  clientName: { key: 'client_name', value: 'Other' },
  preset: { key: 'preset', value: 'native' },
  redirectUris: { key: 'redirect_uris', value: LISTED },
  postLogoutRedirectUris: { key: 'post_logout_redirect_uris', value: LISTED },
  backchannelLogoutUri: { key: 'backchannel_logout_uri', value: 'https://one.test/logout' },
  backchannelLogoutSessionRequired: { key: 'backchannel_logout_session_required', value: true },
  grantTypes: { key: 'grant_types', value: ['authorization_code'] },
  tokenEndpointAuthMethod: { key: 'token_endpoint_auth_method', value: 'client_secret_post' },
  secrets: { key: 'client_secrets', value: [secret('other')] },
  jwks: { key: 'jwks', value: { keys: keys('a') } },
  jwksUri: { key: 'jwks_uri', value: 'https://keys.test/jwks' },
  scopes: { key: 'scope', value: ['openid'] },
  resources: { key: 'resources', value: new Map([['https://api.test', ['read']]]) },
  requirePkce: { key: 'require_pkce', value: false },
  requirePushedAuthorizationRequests: { key: 'require_pushed_authorization_requests', value: true },
  dpopBoundAccessTokens: { key: 'dpop_bound_access_tokens', value: true },
  consent: { key: 'consent', value: 'skip' },
  access: { key: 'access.require_any_role', value: { ...BASE.access, requireAnyRole: ['staff'] } },
  roles: { key: 'roles.include', value: { ...BASE.roles, include: ['app-*'] } },
  scopeClaimsInIdToken: { key: 'id_token_claims', value: false },
  idTokenAlgorithm: { key: 'id_token_signed_response_alg', value: 'ES256' },
  allowedOrigins: { key: 'allowed_origins', value: ['https://one.test'] },
  introspect: { key: 'introspect', value: ['https://api.test'] },
  assertionAudience: { key: 'assertion_audience', value: 'token_endpoint' },
  clientUri: { key: 'client_uri', value: 'https://one.test/' },
  policyUri: { key: 'policy_uri', value: 'https://one.test/policy' },
  tosUri: { key: 'tos_uri', value: 'https://one.test/terms' },
  logoFile: { key: 'logo', value: '/etc/gatehouse/clients/app.svg' },
};

const setOf = (client: Client) => describeClients(new Map([[client.clientId, client]]), KEY);

/** Through JSON, as what a server served comes back from the database. */
const stored = (client: Client) => JSON.parse(JSON.stringify(setOf(client))) as ReturnType<typeof setOf>;

const keysBetween = (before: Client, after: Client): string[] =>
  compareClients(stored(before), setOf(after)).flatMap((change) => {
    if (change.change !== 'changed') return [change.change];
    return [...change.fields.map(({ key }) => key), ...(change.secrets.length > 0 ? ['client_secrets'] : [])];
  });

describe('a difference', () => {
  test.each(Object.entries(OTHER))('in %s is found, both ways, and nowhere else', (field, { key, value }) => {
    const changed = { ...BASE, [field]: value };
    expect(keysBetween(BASE, changed)).toEqual([key]);
    expect(keysBetween(changed, BASE)).toEqual([key]);
    expect(keysBetween(changed, changed)).toEqual([]);
  });

  test('is looked for at every key of a client file', () => {
    const described = [...Object.keys(describeClient(BASE, KEY).values), 'client_secrets'];
    // The name it is found by, the section of several keys, and what stands inside of a value.
    const inside = /^(?:client_id|access|roles|client_secrets\[.*|client_secrets\..*|jwks\..*|resources\..*)$/;
    const keysOfFile = allPaths(clientFile).filter((key) => !inside.test(key));
    expect(keysOfFile.filter((key) => !described.includes(key))).toEqual([]);
    expect(keysOfFile.length).toBeGreaterThan(20);
  });

  test('of one entry in a list of the same length is found', () => {
    const other = { ...BASE, redirectUris: ['https://app.test/other'] };
    expect(compareClients(stored(BASE), setOf(other))).toMatchObject([
      { fields: [{ key: 'redirect_uris', before: BASE.redirectUris, after: other.redirectUris }] },
    ]);
  });

  test('is not the order of a list, nor where a file lies', () => {
    const one = { ...BASE, redirectUris: LISTED, logoFile: '/a/app.svg' };
    const other = {
      ...one,
      redirectUris: LISTED.toReversed(),
      logoFile: '/b/app.svg',
      source: { file: 'x', line: 9, lines: {} },
    };
    expect(keysBetween(one, other)).toEqual([]);
  });

  test('in a key that the other release does not know is none', () => {
    const older = stored(BASE);
    const { require_pkce: _, ...values } = older['app']?.values ?? {};
    const without = { app: { ...(older['app'] as (typeof older)['app']), values } } as typeof older;
    expect(compareClients(without, setOf({ ...BASE, requirePkce: false }))).toEqual([]);
  });

  test('of whole clients is told by name, also by names that every object has', () => {
    const named = (clientId: string) => ({ ...BASE, clientId });
    const set = (...names: string[]) => describeClients(new Map(names.map((name) => [name, named(name)])), KEY);
    const changes = compareClients(set('b', 'a'), set('c', 'a', 'valueOf'));
    expect(changes.map(({ change, clientId }) => [change, clientId])).toEqual([
      ['removed', 'b'],
      ['added', 'c'],
      ['added', 'valueOf'],
    ]);
  });

  test('of a key set shows each key by what it is', () => {
    const client = clientWith(
      'web',
      `token_endpoint_auth_method: private_key_jwt\nclient_secrets: -\njwks: {keys: [${PUBLIC_KEY}]}`,
    );
    expect(describeClient(client, KEY).values['jwks']).toEqual([expect.stringMatching(/^EC P-256 [\w-]{12}$/)]);
  });
});

describe('a secret', () => {
  test('that is stated twice is compared by its ends too', () => {
    const twice = { ...BASE, secrets: [secret('a', { expires: NOW }), secret('a')] };
    expect(keysBetween(twice, twice)).toEqual([]);
    const [change] = compareClients(stored(twice), setOf({ ...BASE, secrets: [secret('a')] }));
    expect(change?.change === 'changed' && change.secrets.map((each) => each.change)).toEqual(['removed']);
  });

  test('is told by a fingerprint that another key makes another one', () => {
    const client = { ...BASE, secrets: [secret('a')] };
    const [one, other] = [KEY, Buffer.alloc(32, 8)].map((key) => describeClient(client, key).secrets[0]?.fingerprint);
    expect(one).toMatch(/^[\w-]{8}$/);
    expect(one).not.toBe(other);
    for (const encoding of ['base64url', 'hex'] as const) {
      expect(JSON.stringify(setOf(client))).not.toContain(sha256('a').toString(encoding).slice(0, 6));
    }
  });

  test('that gets another end is changed, not replaced; a date of origin is no change', () => {
    const before = { ...BASE, secrets: [secret('a', { expires: NOW })] };
    const after = { ...BASE, secrets: [secret('a'), secret('b')] };
    const [change] = compareClients(stored(before), setOf(after));
    expect(change?.change === 'changed' && change.secrets.map((each) => each.change)).toEqual(['changed', 'added']);
    expect(keysBetween(after, { ...BASE, secrets: [secret('a', { created: NOW }), secret('b')] })).toEqual([]);
  });
});

const found = (before: Partial<Client> | undefined, after: Partial<Client>): string[] =>
  clientRegressions(
    before === undefined ? undefined : stored({ ...BASE, ...before })['app'],
    describeClient({ ...BASE, ...after }, KEY),
    NOW,
  ).map(({ key, what }) => `${key}: ${what}`);

describe('weaker than before is', () => {
  const including = (...include: string[]) => ({ roles: { ...BASE.roles, include } });
  const assigning = (...assign: string[]) => ({ roles: { ...BASE.roles, assign } });
  const only = (...requireAnyRole: string[]) => ({ access: { ...BASE.access, requireAnyRole } });
  const inside = (...requireAnyGroup: string[]) => ({ access: { ...BASE.access, requireAnyGroup } });
  const having = (...values: string[]) => ({
    access: { ...BASE.access, attributes: values.length === 0 ? [] : [{ name: 'department', values }] },
  });
  const to = (...redirectUris: string[]) => ({ redirectUris });
  const native = { preset: 'native' } as const;

  test.each<[Partial<Client>, Partial<Client>, string[]]>([
    [{}, { requirePkce: false }, ['require_pkce: PKCE off']],
    [to('https://a.test/x'), to('https://a.test/y', 'https://a.test/x'), []],
    [to('https://a.test/x'), to('https://b.test/x'), ['redirect_uris: new redirect host: https://b.test']],
    [to('https://a.test/x'), to('https://a.test:8443/x'), ['redirect_uris: new redirect host: https://a.test:8443']],
    [
      to('https://a.test/x'),
      to('https://a.test/x', 'http://localhost/x'),
      ['redirect_uris: new redirect host: http://localhost', 'redirect_uris: redirect without TLS: http://localhost/x'],
    ],
    [
      { ...native, ...to('com.example.a:/x') },
      { ...native, ...to('com.example.a:/y', 'com.example.b:/x') },
      ['redirect_uris: new redirect host: com.example.b:'],
    ],
    [
      { postLogoutRedirectUris: [] },
      { postLogoutRedirectUris: LISTED },
      [
        'post_logout_redirect_uris: new host after signing out: https://one.test',
        'post_logout_redirect_uris: new host after signing out: https://two.test',
      ],
    ],
    [{ backchannelLogoutUri: 'https://a.test/x' }, {}, ['backchannel_logout_uri: not told of sign-outs']],
    [
      { backchannelLogoutUri: 'https://a.test/x' },
      { backchannelLogoutUri: 'https://b.test/x' },
      ['backchannel_logout_uri: told of sign-outs at a new host: https://b.test'],
    ],
    [{ requirePushedAuthorizationRequests: true }, {}, ['require_pushed_authorization_requests: pushed requests off']],
    [{ dpopBoundAccessTokens: true }, {}, ['dpop_bound_access_tokens: DPoP off']],
    [{ consent: 'ask' }, { consent: 'skip' }, ['consent: consent is skipped']],
    [{}, { tokenEndpointAuthMethod: 'client_secret_post' }, []],
    [{}, { tokenEndpointAuthMethod: 'none' }, ['token_endpoint_auth_method: a confidential client becomes public']],
    [{ tokenEndpointAuthMethod: 'private_key_jwt' }, {}, ['token_endpoint_auth_method: a secret instead of a key']],
    [
      { jwksUri: 'https://a.test/1' },
      { jwksUri: 'https://b.test/1' },
      ['jwks_uri: keys from a new host: https://b.test'],
    ],
    [{}, { assertionAudience: 'token_endpoint' }, ['assertion_audience: assertions to the token endpoint are taken']],
    [only('a', 'b'), only('a'), []],
    [only(), only('a'), []],
    [only('a'), only('a', 'b'), ['access.require_any_role: open to one more role: b']],
    [only('a'), only(), ['access.require_any_role: open to everybody, whatever their roles']],
    [inside('a'), inside('a', 'b'), ['access.require_any_group: open to one more group: b']],
    [inside('a'), inside(), ['access.require_any_group: open to everybody, whatever their groups']],
    [having('a', 'b'), having('a'), []],
    [having(), having('a'), []],
    [having('a'), having('a', 'b'), ['access.attributes: open to one more value: department b']],
    [having('a'), having(), ['access.attributes: open to everybody, whatever their department']],
    [{ access: { ...BASE.access, acr: 'mfa' } }, {}, ['access.acr: no second factor asked for']],
    [including('app-*'), including('app-x', 'app-y*'), []],
    [including('app-*'), including('app-*', 'staff'), ['roles.include: sees more roles: staff']],
    [including('app-*'), {}, ['roles.include: sees more roles: *']],
    [including('*'), {}, []],
    [{}, including('gatehouse:*'), ['roles.include: sees more roles: gatehouse:*']],
    [assigning('a'), assigning('b'), ['roles.assign: has one more role: b']],
    [{}, { allowedOrigins: ['https://a.test'] }, ['allowed_origins: new origin: https://a.test']],
    [{}, { introspect: ['https://api.test'] }, ['introspect: more introspection: https://api.test']],
    [{}, { clientName: 'Other', scopes: ['openid'], scopeClaimsInIdToken: false, grantTypes: [] }, []],
  ])('%j → %j', (before, after, expected) => {
    expect(found(before, after)).toEqual(expected);
    if (expected.length > 0) expect(found(after, before).filter((line) => expected.includes(line))).toEqual([]);
    expect(found(after, after)).toEqual([]);
  });

  test('a new client only by what its preset would not do', () => {
    const all = { ...to('https://b.test/x'), ...only('a'), consent: 'skip', introspect: ['https://api.test'] } as const;
    expect(found(undefined, all)).toEqual([]);
    expect(found(undefined, { requirePkce: false, ...including('*', 'gatehouse:admin') })).toEqual([
      'require_pkce: PKCE off',
      'roles.include: sees more roles: gatehouse:admin',
    ]);
  });
});

describe('of secrets weaker is', () => {
  const secretsFound = (before: ClientSecret[] | undefined, after: ClientSecret[]) =>
    found(before === undefined ? undefined : { secrets: before }, { secrets: after }).map((line) =>
      line.replace(/secret [\w-]{8}/, 'secret X'),
    );
  const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

  test('one that is older than a year, unless it has expired', () => {
    const made = (days: number, expires?: Date) => [secret('a', { created: daysAgo(days), expires })];
    expect(secretsFound([], made(365))).toEqual([]);
    expect(secretsFound([], made(366))).toEqual(['client_secrets: secret X is old: made 366 days ago']);
    expect(secretsFound(undefined, made(366))).toEqual(['client_secrets: secret X is old: made 366 days ago']);
    expect(secretsFound(made(366), made(366))).toHaveLength(1);
    expect(secretsFound([], made(366, daysAgo(1)))).toEqual([]);
    expect(secretsFound([], made(-5))).toEqual([]);
  });

  test('one that never expires, where those before it did', () => {
    const until = (text: string) => secret(text, { expires: new Date('2027-09-01') });
    expect(secretsFound([until('a')], [until('a'), secret('b')])).toEqual(['client_secrets: secret X never expires']);
    expect(secretsFound([until('a')], [secret('a')])).toEqual(['client_secrets: secret X never expires']);
    expect(secretsFound([secret('a')], [secret('a'), secret('b')])).toEqual([]);
    expect(secretsFound([secret('a'), until('b')], [secret('a')])).toEqual([]);
    expect(secretsFound(undefined, [secret('a')])).toEqual([]);
  });

  test('one whose end is put off, also after it has come', () => {
    const until = (days: number) => [secret('a', { expires: daysAgo(-days) })];
    const later = ['client_secrets: secret X expires later than it did'];
    expect(secretsFound(until(10), until(11))).toEqual(later);
    expect(secretsFound(until(-10), until(90))).toEqual(later);
    expect(secretsFound(until(10), until(9))).toEqual([]);
    expect(secretsFound([...until(10), ...until(30)], [...until(30), ...until(20)])).toEqual([]);
    expect(secretsFound(until(10), [...until(10), secret('b', { expires: daysAgo(-90) })])).toEqual([]);
  });
});
