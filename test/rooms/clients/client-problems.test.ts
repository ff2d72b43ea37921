// What is wrong in a client file: keys that are not known, values that do not fit, keys that contradict each other.
import { describe, expect, test } from 'vitest';
import { linesOf, problemsOf } from '../../support/config-files.ts';
import { API, clientYaml, PUBLIC_KEY, problemsWith } from './client-files.ts';

const JWT = 'token_endpoint_auth_method: private_key_jwt';
const LONG = 'kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e';

describe('a value that does not fit', () => {
  test.each([
    [
      'web',
      'preset: webb',
      'preset: expected "web" or "spa" or "native" or "service", found "webb"; did you mean "web"?',
    ],
    ['web', 'preset: -', 'preset: is missing; expected "web"'],
    ['web', 'client_id: -', 'client_id: is missing; expected text'],
    ['web', 'client_id: ../app', 'client_id: expected 1 to 100 letters'],
    ['web', 'client_id: constructor', 'client_id: is the name of something that every JavaScript object has'],
    ['web', 'client_name: "a\\u202eb"', 'client_name: must be one line without control characters'],
    ['web', 'redirect_uri: https://a.test/cb', 'redirect_uri: unknown key; did you mean "redirect_uris"?'],
    ['web', 'grant_types: [authorization_code, implicit]', 'grant_types[1]: expected "authorization_code" or'],
    [
      'web',
      'token_endpoint_auth_method: client_secret_jwt',
      'token_endpoint_auth_method: expected "client_secret_basic"',
    ],
    ['web', 'scope: openid orders', 'found "orders"; scopes of an API belong under resources'],
    ['web', 'scope: openid emial', 'found "emial"; did you mean "email"?'],
    ['web', 'scope: openid  email', 'with one space between them'],
    ['web', 'scope: [openid]', 'scope: expected text, found a list'],
    ['web', 'require_pkce: "no"', 'require_pkce: expected true or false, found text'],
    ['web', 'consent: never', 'consent: expected "ask" or "skip"'],
    ['web', 'access: {acr: high}', 'access.acr: expected "pwd" or "mfa"'],
    ['service', 'access: {acr: mfa}', 'access: nobody signs in through preset service'],
    ['web', 'access: {require_role: [a]}', 'access.require_role: unknown key; did you mean "require_any_role"?'],
    ['web', 'access: {require_any_role: [Staff]}', 'access.require_any_role[0]: A role has 1 to 64 characters'],
    ['web', 'roles: {include: ["shop *"]}', 'roles.include[0]: expected the name of a role, or a pattern'],
    ['service', 'roles: {assign: ["*"]}', 'roles.assign[0]: A role has 1 to 64 characters'],
    ['service', 'roles: {assign: [sub]}', 'roles.assign[0]: "sub" is the name of a claim'],
    ['web', 'access: {require_any_role: ["__proto__"]}', 'access.require_any_role[0]: "__proto__" is the name of'],
    ['web', 'access: {require_any_group: [Staff]}', 'access.require_any_group[0]: A'],
    ['web', 'access: {attributes: {team: [a]}}', 'access.attributes.team: expected'],
    ['web', 'access: {attributes: {team: {in: []}}}', 'access.attributes.team.in: '],
    ['web', 'roles: {as: json}', 'roles.as: expected "array" or "space"'],
    ['web', 'roles: {in: [id_token, cookie]}', 'roles.in[1]: expected "id_token"'],
    ['web', 'roles: {in: []}', 'roles.in: '],
    ['web', 'roles: {strip_prefix: "Shop "}', 'roles.strip_prefix: expected what names of roles begin with'],
    ['web', 'allowed_origins: ["*"]', 'allowed_origins[0]: expected an absolute URL'],
    ['web', 'allowed_origins: ["null"]', 'allowed_origins[0]: expected an absolute URL'],
    ['web', 'allowed_origins: ["https://*.a.test"]', 'allowed_origins[0]: must not contain a wildcard'],
    ['web', 'allowed_origins: ["https://a.test/"]', 'allowed_origins[0]: expected an origin'],
    ['web', 'allowed_origins: ["http://a.test"]', 'allowed_origins[0]: must be https'],
    ['web', 'client_uri: javascript:alert(1)', 'client_uri: must be an https URL'],
    ['web', 'policy_uri: http://a.test/', 'policy_uri: must be an https URL'],
    ['web', 'backchannel_logout_uri: http://a.test/x', 'backchannel_logout_uri: must be an https URL'],
    ['web', 'backchannel_logout_uri: "https://a.test/x#y"', 'backchannel_logout_uri: must not contain a fragment'],
    ['web', 'backchannel_logout_uri: "https://u:p@a.test/x"', 'backchannel_logout_uri: must not contain a user name'],
    ['web', 'backchannel_logout_uri: /x', 'backchannel_logout_uri: expected an absolute URL'],
    ['web', 'backchannel_logout_uri: ftp://a.test/x', 'backchannel_logout_uri: must be an https URL'],
    ['web', 'logo: ../../secret.svg', 'logo: expected the name of an svg, png or webp file'],
    ['web', 'logo: logo.gif', 'logo: expected the name of an svg, png or webp file'],
    ['web', 'constructor: {}', 'constructor: unknown key'],
  ] as const)('%s with %s', (preset, lines, expected) => {
    expect(problemsWith(preset, lines)).toEqual([expect.stringContaining(expected)]);
  });
});

describe('a contradiction', () => {
  test.each([
    ['spa', `client_secrets: [{value: ${LONG}}]`, 'client_secrets: a public client cannot keep a secret'],
    ['native', `client_secrets: [{value: ${LONG}}]`, 'client_secrets: a public client cannot keep a secret'],
    [
      'spa',
      'token_endpoint_auth_method: client_secret_basic\nclient_secrets: [{value: kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e}]',
      'token_endpoint_auth_method: preset spa runs on its user',
    ],
    [
      'web',
      'token_endpoint_auth_method: none\nclient_secrets: -',
      'token_endpoint_auth_method: preset web has a secret or a key',
    ],
    [
      'service',
      'token_endpoint_auth_method: none\nclient_secrets: -',
      'token_endpoint_auth_method: preset service has a secret',
    ],
    [
      'web',
      'backchannel_logout_session_required: true',
      'backchannel_logout_session_required: says nothing without backchannel_logout_uri',
    ],
    [
      'native',
      'backchannel_logout_uri: https://a.test/x',
      'backchannel_logout_uri: an installed app has no address the server could call',
    ],
    [
      'service',
      'backchannel_logout_uri: https://a.test/x',
      'backchannel_logout_uri: nobody signs in through preset service',
    ],
    ['web', 'client_secrets: -', 'client_secrets: client_secret_basic needs at least one secret'],
    ['web', 'client_secrets: []', 'client_secrets: client_secret_basic needs at least one secret'],
    ['web', `${JWT}\njwks: {keys: [${PUBLIC_KEY}]}`, 'client_secrets: private_key_jwt uses a key, not a secret'],
    ['web', `${JWT}\nclient_secrets: -`, 'token_endpoint_auth_method: private_key_jwt needs jwks or jwks_uri'],
    ['web', `jwks: {keys: [${PUBLIC_KEY}]}`, 'jwks: client_secret_basic uses no keys'],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks_uri: https://a.test/jwks\njwks: {keys: [${PUBLIC_KEY}]}`,
      'jwks_uri: is stated together with jwks',
    ],
    ['web', `${JWT}\nclient_secrets: -\njwks_uri: http://localhost/jwks`, 'jwks_uri: must be an https URL'],
    ['web', `${JWT}\nclient_secrets: -\njwks: {keys: []}`, 'jwks.keys: expected a list of at least 1 entry'],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks: {keys: [{kty: oct, k: aaaa}]}`,
      'jwks.keys[0].kty: expected "RSA" or "EC" or "OKP"',
    ],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks: {keys: [{kty: EC, crv: P-256, x: a, y: b, d: c}]}`,
      'jwks.keys[0].d: is part of a private key',
    ],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks: {keys: [{kty: EC, crv: P-256, x: abc, y: def}]}`,
      'jwks.keys[0]: is no EC key that a signature could be checked with',
    ],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks: {keys: [{kty: RSA, n: abcd, e: AQAB}]}`,
      'jwks.keys[0]: is no RSA key that a signature could be checked with',
    ],
    [
      'web',
      `${JWT}\nclient_secrets: -\njwks: {keys: [{kty: RSA, n: a}]}`,
      'jwks.keys[0]: is not an RSA key: e missing',
    ],
    ['web', 'assertion_audience: token_endpoint', 'assertion_audience: client_secret_basic sends no assertions'],
    ['spa', 'require_pkce: false', 'require_pkce: a public client cannot do without PKCE'],
    ['native', 'require_pkce: false', 'require_pkce: a public client cannot do without PKCE'],
    ['web', 'redirect_uris: -', 'redirect_uris: preset web needs at least one'],
    ['spa', 'redirect_uris: []', 'redirect_uris: preset spa needs at least one'],
    ['web', 'grant_types: [refresh_token]', 'grant_types: preset web needs authorization_code'],
    [
      'spa',
      'grant_types: [authorization_code, client_credentials]',
      'grant_types[1]: preset spa allows authorization_code, refresh_token only',
    ],
    [
      'web',
      'grant_types: [authorization_code]\nscope: openid offline_access',
      'scope: offline_access needs refresh_token',
    ],
    ['service', 'redirect_uris: [https://a.test/cb]', 'redirect_uris: nobody signs in through preset service'],
    ['service', 'scope: openid', 'scope: nobody signs in through preset service'],
    ['service', 'consent: skip', 'consent: nobody signs in through preset service'],
    ['service', 'roles: {include: [a]}', 'roles.include: nobody signs in through preset service'],
    ['service', 'roles: {assign: ["gatehouse:admin"]}', 'roles.assign[0]: is a role of the product itself'],
    ['web', 'roles: {assign: [deployer]}', 'roles.assign: only preset service has roles of its own, not web'],
    ['web', 'roles: {claim: sub}', 'roles.claim: is the name of a claim that has a meaning already'],
    ['web', 'roles: {claim: Email}', 'roles.claim: is the name of a claim that has a meaning already'],
    ['web', 'roles: {claim: gh_grant}', 'roles.claim: is the name of a claim that has a meaning already'],
    ['web', 'roles: {claim: scope, as: space}', 'roles.claim: is the name of a claim that has a meaning already'],
    ['web', 'roles: {claim: __proto__}', 'roles.claim: is the name of a claim that has a meaning already'],
    ['web', 'roles: {claim: "my roles"}', 'roles.claim: expected letters, digits'],
    ['web', 'roles: {claim: act.roles, as: nested}', 'roles.claim: is the name of a claim that has a meaning'],
    ['web', 'roles: {claim: realm_access, as: nested}', 'roles.claim: as: nested needs 2 to 5 names with dots'],
    ['web', 'roles: {claim: a.b.c.d.e.f, as: nested}', 'roles.claim: as: nested needs 2 to 5 names with dots'],
    ['web', 'roles: {claim: realm..roles, as: nested}', 'roles.claim: expected names of letters'],
    ['web', 'roles: {claim: realm.__proto__, as: nested}', 'roles.claim: expected names of letters'],
    ['web', 'roles: {claim: realm.constructor.x, as: nested}', 'roles.claim: expected names of letters'],
    ['web', 'roles: {as: nested}', 'roles.as: nested needs claim, with dots in it'],
    ['web', 'roles: {claim: groups}\nscope: openid groups', 'roles.claim: the scope groups asks for groups under this'],
    ['service', 'roles: {in: [id_token]}', 'roles.in: preset service has access tokens only'],
    ['web', 'access: {attributes: {team: {in: [a]}}}', 'access.attributes.team: "team" is not among the attributes'],
    ['spa', 'introspect: ["https://api.test"]', 'introspect: a public client cannot prove who it is'],
  ] as const)('%s with %s', (preset, lines, expected) => {
    expect(problemsWith(preset, lines)).toEqual([expect.stringContaining(expected)]);
  });

  test('of a name that permissions of the server stand under is refused', () => {
    expect(problemsWith('web', 'client_id: gatehouse')).toContainEqual(
      'client_id: is what permissions of this very server stand under; choose another one',
    );
  });

  test('of grant types shows at the one and at what is missing', () => {
    expect(problemsWith('service', 'grant_types: [authorization_code]')).toEqual([
      'grant_types[0]: preset service allows client_credentials only',
      'grant_types: preset service needs client_credentials',
    ]);
  });
});

describe('an API that a client names', () => {
  test.each([
    [
      'resources: {"https://api.tset": [read]}',
      'resources["https://api.tset"]: "https://api.tset" is not among the resources of gatehouse.yaml; did you mean "https://api.test"?',
    ],
    [
      'resources: {"https://api.test": [raed]}',
      'resources["https://api.test"][0]: "raed" is not a scope of Test API; did you mean "read"?',
    ],
    [
      'introspect: ["https://other.example"]',
      'introspect[0]: "https://other.example" is not among the resources of gatehouse.yaml',
    ],
  ])('must exist: %s', (lines, expected) => {
    expect(problemsWith('web', lines)).toEqual([expected]);
  });

  test('is for services alone where it is the server’s own', () => {
    expect(problemsWith('service', 'resources: {gatehouse: [accounts:read, keys:rotate]}')).toEqual([]);
    expect(problemsWith('web', 'resources: {gatehouse: [accounts:read]}')).toEqual([
      'resources.gatehouse: only preset service administers this server, not web: it takes no tokens of people',
    ]);
    expect(problemsWith('service', 'resources: {gatehouse: [acounts:read]}')).toEqual([
      'resources.gatehouse[0]: "acounts:read" is not a scope of the API of this server; did you mean "accounts:read"?',
    ]);
    expect(problemsWith('service', 'resources: {"http://localhost:3000/api/v1": [accounts:read]}')).toEqual([
      expect.stringContaining('; the API of this server itself is called gatehouse here'),
    ]);
  });

  test('is not blamed when the APIs themselves are wrong', () => {
    const files = {
      'config/gatehouse.yaml': API.replace('Read', '""'),
      'config/clients/app.yaml': clientYaml('web', 'resources: {"https://api.test": [read]}'),
    };
    expect(linesOf(problemsOf(files))).toEqual([expect.stringContaining('config/gatehouse.yaml:1 resources')]);
  });
});

test('a misspelt key is told once, not also as the missing one', () => {
  expect(problemsWith('web', 'client_secrets: -\nclient_secret: [{env: X}]')).toEqual([
    'client_secret: unknown key; did you mean "client_secrets"?',
  ]);
  expect(problemsWith('web', 'preset: -\nprest: web')).toEqual(['prest: unknown key; did you mean "preset"?']);
});

test('a redirect is still checked when the preset is wrong', () => {
  expect(problemsWith('web', 'preset: webb\nredirect_uris: ["http://a.test/cb"]')).toEqual([
    expect.stringContaining('preset: expected'),
    expect.stringContaining('redirect_uris[0]: must be https'),
  ]);
});

describe('the name of a file', () => {
  const yaml = clientYaml('spa', '');

  test('must equal the client_id', () => {
    expect(linesOf(problemsOf({ 'config/clients/shop.yaml': yaml }))).toEqual([
      'config/clients/shop.yaml:1 client_id: the file name must equal the client_id: expected "shop", or name the file app.yaml',
    ]);
  });

  test('leads to no second client of the same id', () => {
    expect(linesOf(problemsOf({ 'config/clients/app.yaml': yaml, 'config/clients/b.yaml': yaml }))).toEqual([
      expect.stringContaining('config/clients/b.yaml:1 client_id: the file name must equal'),
      'config/clients/b.yaml:1 client_id: is the client_id of config/clients/app.yaml too',
    ]);
  });

  test('ends in .yaml', () => {
    expect(linesOf(problemsOf({ 'config/clients/app.yml': yaml }))).toEqual([
      'config/clients/app.yml:- : is not read; name it .yaml',
    ]);
  });

  test('with a dot first, or of another kind, is passed over', () => {
    const files = { 'config/clients/.app.yaml': 'x', 'config/clients/README.md': 'x', 'config/clients/app.yaml': yaml };
    expect(problemsOf(files)).toEqual([]);
  });
});

const ATTRIBUTES = `attributes:
  department: { label: Department, type: enum, choices: [finance, board], scope: profile }
  level: { label: Level, type: number, scope: profile }
  topics: { label: Topics, type: list, scope: profile, claim: my_topics }
  insider: { label: Insider, type: boolean, scope: profile }
  team: { label: Team, edit: user, scope: profile }
`;

describe('attributes that a client file is about', () => {
  const problems = (lines: string) =>
    linesOf(problemsOf({ 'config/gatehouse.yaml': ATTRIBUTES, 'config/clients/app.yaml': clientYaml('web', lines) }));

  test('are declared ones, with values that they can have; every problem has its line', () => {
    expect(
      problems(
        'access:\n  attributes:\n    department: { in: [finance, sales] }\n    level: { in: ["3"] }\n    insider: { in: [true, 1] }\n    depratment: { in: [finance] }',
      ),
    ).toEqual([
      expect.stringMatching(
        /^config\/clients\/app\.yaml:\d+ access\.attributes\.department\.in\[1\]: is not among the choices/,
      ),
      expect.stringContaining('access.attributes.level.in[0]: expected a number, as the attribute is type: number'),
      expect.stringContaining('access.attributes.insider.in[1]: expected a boolean'),
      expect.stringContaining(
        'access.attributes.depratment: "depratment" is not among the attributes of gatehouse.yaml; did you mean "department"?',
      ),
    ]);
    expect(
      problems(
        'access: {attributes: {department: {in: [board]}, level: {in: [3, 4]}, topics: {in: [x]}, insider: {in: [true]}}}',
      ),
    ).toEqual([]);
  });

  test('that people change themselves let nobody in', () => {
    expect(problems('access: {attributes: {team: {in: [a]}}}')).toEqual([
      expect.stringContaining('access.attributes.team: people change this attribute themselves'),
    ]);
  });

  test('and roles do not stand in one claim', () => {
    expect(problems('roles: {claim: my_topics}')).toEqual([
      expect.stringContaining(
        'roles.claim: the attribute topics of gatehouse.yaml stands in the claim my_topics already',
      ),
    ]);
    expect(problems('roles: {claim: my_topics.roles, as: nested}')).toHaveLength(1);
  });
});
