// Attributes that operators declare: what is wrong with a declaration, in its line; T18: none can become a claim that has a
// meaning already (Zitadel CVE-2024-29892).
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { changesBetween } from '../../../src/config/effective/described.ts';
import { settingRegressions } from '../../../src/config/effective/setting-regressions.ts';
import { describeSettings, isDeclaredKey } from '../../../src/config/effective/settings.ts';
import { scopesServed } from '../../../src/config/scopes.ts';
import { configFiles, DEVELOPMENT, linesOf, problemsOf } from '../../support/config-files.ts';

const problemsIn = (yaml: string) => linesOf(problemsOf({ 'config/gatehouse.yaml': yaml }, DEVELOPMENT));

const configOf = (yaml: string) =>
  loadConfiguration({ env: DEVELOPMENT, ...configFiles({ 'config/gatehouse.yaml': yaml }) }).config;

const one = (name: string, more = '') => `attributes: { ${name}: { label: Some, scope: company${more} } }`;

describe('one wrong declaration', () => {
  test.each([
    ['attributes: []', 'attributes: expected a mapping of keys to values'],
    ['attributes: { a: { scope: company } }', 'attributes.a.label: is missing'],
    ['attributes: { a: { label: A } }', 'attributes.a.scope: is missing'],
    [one('Big'), 'attributes.Big: expected 1 to 40 characters'],
    [one('a', ', type: text'), 'attributes.a.type: expected "string"'],
    [one('a', ', type: enum'), 'attributes.a.choices: is missing; an enum needs'],
    [one('a', ', type: enum, choices: []'), 'attributes.a.choices: is missing; an enum needs'],
    [one('a', ', type: enum, choices: [x, x]'), 'attributes.a.choices: states "x" twice'],
    [one('a', ', choices: [x]'), 'attributes.a.choices: is for type: enum and type: list only'],
    [one('a', ', edit: owner'), 'attributes.a.edit: expected "user" or "operator"'],
    [one('a', ', claim: "b c"'), 'attributes.a.claim: expected 1 to 120 letters'],
    [one('a', ', colour: red'), 'attributes.a.colour: unknown key'],
    ['attributes: { a: { label: A, scope: openid } }', 'attributes.a.scope: cannot be openid'],
    ['attributes: { a: { label: A, scope: roles } }', 'attributes.a.scope: cannot be roles'],
    ['attributes: { a: { label: A, scope: offline_access } }', 'attributes.a.scope: cannot be offline_access'],
    ['attributes: { a: { label: A, scope: Com pany } }', 'attributes.a.scope: expected 1 to 63 characters'],
    ['attributes: { a: { label: A, scope: constructor } }', 'attributes.a.scope: expected 1 to 63 characters'],
    [
      'attributes: { a: { label: A, scope: x }, b: { label: B, scope: x, claim: a } }',
      'attributes.b.claim: is the claim of attributes.a already',
    ],
    [
      `${one('a')}\nresources: { "https://a.test": { name: A, scopes: { company: Read } } }`,
      'attributes.a.scope: is a scope of the API https://a.test already',
    ],
  ])('%s', (yaml, expected) => {
    expect(problemsIn(yaml)).toEqual([expect.stringContaining(expected)]);
  });
});

/** What tokens, answers and apps mean something by. */
const TAKEN =
  `sub iss aud exp nbf iat jti acr amr azp nonce auth_time at_hash c_hash s_hash sid events cnf act may_act scope
  client_id roles role groups entitlements permissions scp admin is_admin active username token_type name given_name
  family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate
  zoneinfo locale phone_number phone_number_verified address updated_at gh_grant gh_session gatehouse_admin
  valueof tostring hasownproperty password status session`.split(/\s+/);

test.each(TAKEN)('T18 CVE-2024-29892: no attribute is called %s, and none has it as its claim, in any case', (name) => {
  expect(problemsIn(one(name))).toEqual([expect.stringContaining('has a meaning already')]);
  for (const claim of [name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`]) {
    expect(problemsIn(one('mine', `, claim: ${claim}`))).toEqual([
      expect.stringContaining('attributes.mine.claim: is the name of a claim that has a meaning already'),
    ]);
  }
});

test.each(['__proto__', 'constructor', 'prototype', '_claim_names', '_claim_sources'])(
  'T18: %s, which would reach what every object has, is refused wherever it stands',
  (name) => {
    expect(problemsIn(one(name)).join('\n')).toMatch(/unknown key|meaning already|is missing/);
    expect(problemsIn(one('mine', `, claim: ${name}`))).toHaveLength(1);
    expect(problemsIn(`attributes: { mine: { label: M, scope: ${name} } }`)).toHaveLength(1);
  },
);

test('all that is wrong is told at once, each with its line', () => {
  const yaml = `attributes:
  sub:
    label: Subject
    scope: company
  department:
    label: ""
    type: enum
    scope: openid
    claim: roles
  office:
    label: Office
    scope: company
    choices: [Berlin]
`;
  expect(problemsOf({ 'config/gatehouse.yaml': yaml }, DEVELOPMENT).map(({ line, path }) => [line, path])).toEqual([
    [2, 'attributes.sub'],
    [5, 'attributes.department.choices'],
    [6, 'attributes.department.label'],
    [8, 'attributes.department.scope'],
    [9, 'attributes.department.claim'],
    [13, 'attributes.office.choices'],
  ]);
});

const DECLARED = `attributes:
  department: { label: Department, type: enum, choices: [Sales, Support], scope: company }
  topics: { label: Topics, type: list, edit: user, scope: profile, claim: "https://example.com/topics", required: true }
`;

test('what is declared is there with its defaults, and its scope is one that apps may ask for', () => {
  const { attributes } = configOf(DECLARED);
  expect(attributes.get('department')).toEqual({
    name: 'department',
    label: 'Department',
    type: 'enum',
    choices: ['Sales', 'Support'],
    edit: 'operator',
    scope: 'company',
    claim: 'department',
    required: false,
  });
  expect(attributes.get('topics')).toMatchObject({ claim: 'https://example.com/topics', edit: 'user', choices: [] });
  expect(scopesServed(attributes)).toEqual([
    'openid',
    'profile',
    'email',
    'phone',
    'address',
    'roles',
    'groups',
    'offline_access',
    'company',
  ]);
});

test('client files may name the scopes of attributes, and no others; told by line', () => {
  const client = (scope: string) => `client_id: app
preset: spa
redirect_uris: ["https://app.test/"]
scope: ${scope}
`;
  const files = (scope: string, yaml: string) => ({
    'config/gatehouse.yaml': yaml,
    'config/clients/app.yaml': client(scope),
  });
  expect(problemsOf(files('openid company phone address', DECLARED), DEVELOPMENT)).toEqual([]);
  expect(problemsOf(files('openid compnay', DECLARED), DEVELOPMENT)).toMatchObject([
    { line: 4, path: 'scope', message: expect.stringContaining('did you mean "company"?') },
  ]);
  expect(problemsOf(files('openid company', ''), DEVELOPMENT)).toMatchObject([{ line: 4, path: 'scope' }]);
  // With a broken declaration nobody can say which scopes there are: one problem, not two.
  expect(problemsOf(files('openid company', one('sub')), DEVELOPMENT)).toMatchObject([{ path: 'attributes.sub' }]);
});

test('a plan sees each key of a declaration, and that letting people edit it is weaker', () => {
  const between = (before: string, after: string) =>
    changesBetween(describeSettings(configOf(before)), describeSettings(configOf(after)), isDeclaredKey);
  expect(between('', one('desk')).map(({ key, after }) => [key, after])).toEqual([
    ['attributes.desk.label', 'Some'],
    ['attributes.desk.type', 'string'],
    ['attributes.desk.choices', []],
    ['attributes.desk.edit', 'operator'],
    ['attributes.desk.scope', 'company'],
    ['attributes.desk.claim', 'desk'],
    ['attributes.desk.required', false],
  ]);
  const loosened = between(one('desk'), one('desk', ', edit: user'));
  expect(loosened).toEqual([{ key: 'attributes.desk.edit', before: 'operator', after: 'user' }]);
  expect(settingRegressions(loosened)).toMatchObject([{ what: 'people may change it themselves' }]);
});
