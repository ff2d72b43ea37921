// What is wrong in gatehouse.yaml, in which line, and what was expected.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are what operators write
import { describe, expect, test } from 'vitest';
import { formatProblems } from '../../../src/config/problem.ts';
import { linesOf, problemsOf } from '../../support/config-files.ts';

const problemsIn = (yaml: string, env?: Record<string, string>) =>
  linesOf(problemsOf({ 'config/gatehouse.yaml': yaml }, { GATEHOUSE_MODE: 'development', ...env }));

describe('one wrong value', () => {
  test.each([
    ['issuer: http://auth.example.com', 'issuer: must be https (http is allowed on localhost'],
    ['issuer: https://auth.example.com/', 'issuer: must not end with a slash'],
    ['issuer: https://auth.example.com?a=1', 'issuer: must not contain a query or a fragment'],
    ['issuer: https://auth.example.com#', 'issuer: must not contain a query or a fragment'],
    ['issuer: auth.example.com', 'issuer: expected an absolute URL'],
    ['issuer: https://Auth.example.com', 'issuer: write it as https://auth.example.com/'],
    ['issuer: https://me:pw@auth.example.com', 'issuer: must not contain a user name or password'],
    ['issuer: ftp://auth.example.com', 'issuer: must be an https URL'],
    ['name: ""', 'name: expected text'],
    ['name: 12', 'name: expected text, found 12; put it in quotes'],
    ['name:', 'name: expected text, found nothing (leave the key out for its default)'],
    ['mfa: requird', 'mfa: expected "optional" or "required", found "requird"; did you mean "required"?'],
    ['branding: {accent: green}', 'branding.accent: expected a colour as #rrggbb'],
    ['branding: {accent: "#fff"}', 'branding.accent: expected a colour as #rrggbb'],
    ['branding: {logo: ../logo.svg}', 'branding.logo: expected the name of an .svg, .png or .webp file'],
    ['branding: {logo: logo.gif}', 'branding.logo: expected the name of an .svg, .png or .webp file'],
    ['branding: {logo: missing.svg}', 'branding.logo: missing.svg does not exist'],
    ['branding: {terms_url: "http://example.com/"}', 'branding.terms_url: must be https'],
    ['branding: {terms_url: "mailto:a@example.com"}', 'branding.terms_url: must be an https URL'],
    ['branding: {privacy_url: "javascript:alert(1)"}', 'branding.privacy_url: must be an https URL'],
    ['branding: {support_url: "mailto:help"}', 'branding.support_url: must be an https URL'],
    ['branding: {support_url: "mailto:help@example.com?bcc=x"}', 'branding.support_url: must be an https URL'],
    ['geo: {mmdb_file: missing.mmdb}', 'geo.mmdb_file: missing.mmdb does not exist'],
    ['geo: {mmdb_file: gatehouse.yaml}', 'geo.mmdb_file: gatehouse.yaml is not a MaxMind database'],
    ['sessions: {keep_idle_days: 8, keep_absolute_days: 7}', 'sessions.keep_idle_days: must not be above'],
    ['server: {port: 70000}', 'server.port: expected at most 65535, found 70000'],
    ['server: {port: 0}', 'server.port: expected at least 1, found 0'],
    ['server: {port: 80.5}', 'server.port: expected a whole number, found 80.5'],
    ['server: {port: "80"}', 'server.port: expected a whole number, found text'],
    ['server: {host: "localhost:3000"}', 'server.host: expected an address to listen on'],
    ['server: {trusted_proxies: [10.0.0.1]}', 'server.trusted_proxies[0]: expected a network such as 10.0.0.0/8'],
    ['server: {trusted_proxies: [10.0.0.0/33]}', 'server.trusted_proxies[0]: expected a network'],
    ['server: {trusted_proxies: ["::/0"]}', 'server.trusted_proxies[0]: would trust every address there is'],
    ['outgoing: {private_hosts: ["https://a.internal"]}', 'outgoing.private_hosts[0]: expected a network such as'],
    ['outgoing: {private_hosts: ["*.internal"]}', 'outgoing.private_hosts[0]: expected a host such as app.internal'],
    ['outgoing: {private_hosts: [App.internal]}', 'outgoing.private_hosts[0]: expected a host such as app.internal'],
    ['outgoing: {private_hosts: ["app.internal:70000"]}', 'outgoing.private_hosts[0]: expected a host such as'],
    ['outgoing: {private_hosts: [10.0.0.0/33]}', 'outgoing.private_hosts[0]: expected a network such as 10.0.0.0/8'],
    ['outgoing: {private_hosts: [0.0.0.0/0]}', 'outgoing.private_hosts[0]: would trust every address there is'],
    ['server: {internal_hosts: ["http://a"]}', 'server.internal_hosts[0]: expected a host such as'],
    ['server: {internal_hosts: ["a:80"]}', 'server.internal_hosts[0]: write it as a'],
    ['server: {internal_hosts: [a, a]}', 'server.internal_hosts: states "a" twice'],
    ['server: []', 'server: expected a mapping of keys to values, found a list'],
    ['database: {url: "mysql://a"}', 'database.url: expected a URL such as postgres://'],
    [
      'database: {embedded_in_production: "yes"}',
      'database.embedded_in_production: expected true or false, found text',
    ],
    ['passwords: {min_length: 7}', 'passwords.min_length: expected at least 8, found 7'],
    ['passwords: {min_length: 10, min_length_with_second_factor: 12}', 'must not be above passwords.min_length'],
    ['sessions: {idle_minutes: 121, absolute_hours: 2}', 'sessions.idle_minutes: must not be above'],
    ['tokens: {refresh_token_idle_days: 31}', 'tokens.refresh_token_idle_days: must not be above'],
    ['tokens: {default_audience: shop}', 'tokens.default_audience: expected an absolute URI'],
    ['logging: {level: verbose}', 'logging.level: expected "debug" or "info"'],
    ['resources: {shop: {name: Shop}}', 'resources.shop: expected an absolute URI'],
    ['resources: {"https://a.test#x": {name: A}}', 'resources["https://a.test#x"]: must not contain a fragment'],
    ['resources: {"http://localhost:3000": {name: A}}', 'is the issuer itself'],
    ['resources: {"http://localhost:3000/api/v1": {name: A}}', 'is the audience of the API of this server itself'],
    ['resources: {"http://localhost:3000/API/v1/": {name: A}}', 'is the audience of the API of this server itself'],
    [
      'tokens: {default_audience: "http://localhost:3000/api/v1"}',
      'tokens.default_audience: is the audience of the API',
    ],
    ['api: {docs: "on"}', 'api.docs: expected true or false'],
    ['resources: {"https://a.test": {}}', 'resources["https://a.test"].name: is missing; expected text'],
    ['resources: {"https://a.test": {name: A, scopes: {email: E}}}', 'scopes.email: is a scope of OpenID Connect'],
    ['resources: {"https://a.test": {name: A, scopes: {"a b": E}}}', 'scopes["a b"]: expected a scope'],
    ['resources: {"https://a.test": {name: A, scopes: {x: ""}}}', 'scopes.x: expected text'],
    ['sevrer: {port: 1}', 'sevrer: unknown key; did you mean "server"?'],
    ['server: {trustedProxies: []}', 'server.trustedProxies: unknown key; did you mean "trusted_proxies"?'],
    ['pool_size: 4', 'pool_size: unknown key; did you mean "database.pool_size"?'],
    ['colour: green', 'colour: unknown key'],
    ['__proto__: {mode: production}', '__proto__: unknown key'],
    ['- mode', 'expected a mapping of keys to values, found a list'],
  ])('%s', (yaml, expected) => {
    expect(problemsIn(yaml)).toEqual([expect.stringContaining(expected)]);
  });
});

test('every problem of every file is told at once, with its line', () => {
  const problems = problemsOf(
    {
      'config/gatehouse.yaml': `name: ok
issuer: http://auth.example.com
server:
  # a comment moves lines
  prot: 80
  port: \${PORT_OF_NOBODY}
resources:
  nope:
    name: N
    scopes: {openid: X}
`,
      'config/clients/app.yaml': `client_id: other
preset: webb
redirect_uris:
  - https://app.test/cb
  - "*"
`,
      'config/clients/b.yaml': 'client_id: b\nclient_id: c\nprest: spa\n',
    },
    { PORT: 'x' },
  );
  expect(linesOf(problems).map((line) => line.split(': ')[0])).toEqual([
    'environment:- PORT',
    'environment:- GATEHOUSE_MODE',
    'config/clients/app.yaml:1 client_id',
    'config/clients/app.yaml:2 preset',
    'config/clients/app.yaml:5 redirect_uris[1]',
    'config/clients/b.yaml:2 client_id',
    'config/clients/b.yaml:3 prest',
    'config/gatehouse.yaml:2 issuer',
    'config/gatehouse.yaml:5 server.prot',
    'config/gatehouse.yaml:6 server.port',
    'config/gatehouse.yaml:8 resources.nope',
    'config/gatehouse.yaml:10 resources.nope.scopes.openid',
  ]);
});

test('the message of the error is the whole list, one line a problem', () => {
  const problems = problemsOf({ 'config/gatehouse.yaml': 'name: ok\nmfa: never\ncolour: green\n' });
  expect(formatProblems(problems)).toBe(
    '  config/gatehouse.yaml:2  mfa: expected "optional" or "required", found "never"\n' +
      '  config/gatehouse.yaml:3  colour: unknown key',
  );
});

describe('a variable in a file', () => {
  test('may stand for a number or a boolean where one is expected', () => {
    expect(
      problemsIn('server:\n  port: ${X:-4000}\ndatabase:\n  embedded_in_production: ${Y}\n', { Y: 'true' }),
    ).toEqual([]);
    expect(problemsIn('server:\n  port: ${X}\n', { X: 'many' })).toEqual([
      expect.stringContaining('expected a whole number'),
    ]);
  });

  test('stays text where text is expected', () => {
    expect(problemsIn('name: ${X}\n', { X: '12345' })).toEqual([]);
  });

  test('stays text in quotes', () => {
    expect(problemsIn('server:\n  port: "${X}"\n', { X: '4000' })).toEqual([expect.stringContaining('found text')]);
  });

  test('that is not set is named with its line, once', () => {
    expect(problemsIn('name: a\nissuer: ${ISSUER:?the public address}\n')).toEqual([
      'config/gatehouse.yaml:2 issuer: the environment variable ISSUER is not set: the public address',
    ]);
  });
});

describe('the file itself', () => {
  test('may be missing: everything has a default', () => {
    expect(problemsOf({})).toEqual([]);
  });

  test('is refused under another name', () => {
    expect(linesOf(problemsOf({ 'config/gatehouse.yml': '' }))).toEqual([
      'config/gatehouse.yml:- : is not read; name it gatehouse.yaml',
    ]);
  });

  test('is refused when it is not UTF-8', () => {
    expect(linesOf(problemsOf({ 'config/gatehouse.yaml': Buffer.from('name: \xff', 'latin1') }))).toEqual([
      'config/gatehouse.yaml:- : is not valid UTF-8',
    ]);
  });

  test('must stand in a directory that exists', () => {
    const env = { GATEHOUSE_MODE: 'development', GATEHOUSE_CONFIG_DIR: 'nowhere' };
    expect(linesOf(problemsOf({}, env))).toEqual([expect.stringMatching(/^nowhere:- : does not exist/)]);
  });
});

test('no message repeats a value that may be a secret', () => {
  const secret = 'hunter2-hunter2-hunter2-hunter2-hunter2';
  const problems = problemsOf(
    {
      'config/gatehouse.yaml': `database: {url: "${secret}"}\nserver: {port: ${secret}}\nissuer: ${secret}\n`,
      'config/clients/app.yaml': `client_id: app\npreset: web\nredirect_uris: [https://app.test/cb]\nclient_secrets:\n  - hash: ${secret}\n  - {value: ${secret}, env: ${secret}}\n  - value: ${secret.slice(0, 20)}\nrequire_pkce: ${secret}\n`,
    },
    { GATEHOUSE_MODE: 'development', DATABASE_URL: secret },
  );
  expect(problems.length).toBeGreaterThan(6);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});
