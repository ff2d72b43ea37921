// roles.yaml: everything that is wrong with it at once, by line; and the example that tells the truth about it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/clients/load-configuration.ts';
import { rolesFile } from '../../../src/config/roles/roles-file.ts';
import { allPaths } from '../../../src/config/shape-keys.ts';
import { configFiles, DEVELOPMENT, linesOf, problemsOf } from '../../support/config-files.ts';

const API = 'https://api.example.test';
const SERVER = `resources: {"${API}": {name: API, scopes: {read: Read}}}\n`;
const SHOP = 'client_id: shop\npreset: spa\nredirect_uris: [https://shop.test/cb]\n';
const ROBOT = 'client_id: robot\npreset: service\nclient_secrets: [{value: kq3J9d8Hh2mZ0pRtYwXc5vBn7LfGsA1e}]\n';

const files = (roles: string) => ({
  'config/gatehouse.yaml': SERVER,
  'config/clients/shop.yaml': SHOP,
  'config/clients/robot.yaml': ROBOT,
  'config/roles.yaml': roles,
});
const problems = (roles: string) => linesOf(problemsOf(files(roles)));
const declared = (roles: string) => loadConfiguration({ env: DEVELOPMENT, ...configFiles(files(roles)) }).declared;

test('no file, and an empty one, declare nothing', () => {
  const nothing = { permissions: [], roles: [], groups: [], clients: [] };
  const { declared: none } = loadConfiguration({ env: DEVELOPMENT, ...configFiles({}) });
  expect(none).toMatchObject({ ...nothing, exists: false });
  expect(declared('# later\n')).toMatchObject({ ...nothing, exists: true });
});

test('permissions, roles, groups and services are read with their lines', () => {
  const model = declared(`permissions:
  ${API}:
    posts:add: Can add posts
roles:
  editor:
    description: Edits
    includes: [author]
    permissions: {${API}: [posts:add]}
    mfa: required
  author: {client: shop}
groups:
  staff: {roles: [editor, "gatehouse:auditor"]}
clients:
  robot: {roles: [author]}
`);
  expect(model).toMatchObject({
    file: 'config/roles.yaml',
    permissions: [{ resource: API, name: 'posts:add', description: 'Can add posts', place: { line: 3 } }],
    roles: [
      {
        name: 'editor',
        description: 'Edits',
        mfa: 'required',
        clientId: undefined,
        resource: undefined,
        includes: ['author'],
        permissions: [{ resource: API, name: 'posts:add' }],
        place: { line: 5 },
      },
      { name: 'author', description: '', mfa: 'optional', clientId: 'shop', includes: [], permissions: [] },
    ],
    groups: [{ name: 'staff', roles: ['editor', 'gatehouse:auditor'], place: { line: 12 } }],
    clients: [{ clientId: 'robot', roles: ['author'] }],
  });
});

test('all problems are told at once, each where it is and with what was probably meant', () => {
  const found = problems(`permissions:
  https://api.exampel.test:
    posts:add: Can add posts
  ${API}:
    posts:delete: Can delete posts
roles:
  editor:
    includes: [auhtor]
    permissions:
      ${API}: [posts:delte]
      shpo: [x]
  author: {client: shpo}
  both: {client: shop, resource: ${API}}
  lost: {resource: https://api.example.tset}
groups:
  staff: {roles: [edtior]}
clients:
  robto: {roles: [editor]}
  shop: {roles: [editor]}
`);
  expect(found).toEqual([
    `config/roles.yaml:2 permissions["https://api.exampel.test"]: is neither an API of gatehouse.yaml nor the client_id of an app; did you mean "${API}"?`,
    'config/roles.yaml:8 roles.editor.includes[0]: "auhtor" is not a role of this file; did you mean "author"?',
    `config/roles.yaml:10 roles.editor.permissions["${API}"][0]: "posts:delte" is not a permission of ${API}; did you mean "posts:delete"?`,
    'config/roles.yaml:11 roles.editor.permissions.shpo: "shpo" has no permissions in this file',
    'config/roles.yaml:12 roles.author.client: there is no file for a client "shpo"; did you mean "shop"?',
    'config/roles.yaml:13 roles.both.resource: a role belongs to a client or to a resource, not to both',
    `config/roles.yaml:14 roles.lost.resource: "https://api.example.tset" is not among the resources of gatehouse.yaml; did you mean "${API}"?`,
    'config/roles.yaml:16 groups.staff.roles[0]: "edtior" is not a role of this file; did you mean "editor"?',
    'config/roles.yaml:18 clients.robto: there is no file for a client "robto"; did you mean "robot"?',
    'config/roles.yaml:19 clients.shop: acts for people, who have roles of their own; only preset service has some itself',
  ]);
});

test('a circle is named with the way round, once', () => {
  expect(
    problems('roles:\n  a: {includes: [b]}\n  b: {includes: [c]}\n  c: {includes: [b]}\n  d: {includes: [d]}\n'),
  ).toEqual([
    'config/roles.yaml:3 roles.b.includes: is a circle: b → c → b',
    'config/roles.yaml:5 roles.d.includes: is a circle: d → d',
  ]);
});

test.each(['sub', 'iss', '__proto__', 'constructor', 'toString', 'gatehouse:admin', 'a.__proto__'])(
  'nothing can be called %s (T18)',
  (name) => {
    for (const yaml of [`roles: {"${name}": {}}`, `groups: {"${name}": {}}`]) {
      expect(problems(yaml)).toEqual([expect.stringMatching(/claim|built in|product's own|unknown key|1 to 64/)]);
    }
    if (name.startsWith('gatehouse:')) return;
    expect(problems(`permissions: {${API}: {"${name}": x}}`)).toEqual([
      expect.stringMatching(/claim|built in|unknown key/),
    ]);
  },
);

test('the permissions of the product can be carried, and not declared', () => {
  expect(problems('roles: {helper: {permissions: {gatehouse: ["accounts:read"]}}}')).toEqual([]);
  expect(problems('roles: {helper: {permissions: {gatehouse: ["acounts:read"]}}}')).toEqual([
    expect.stringMatching(/did you mean "accounts:read"/),
  ]);
  expect(problems('permissions: {gatehouse: {more: More}}')).toEqual([expect.stringMatching(/product itself/)]);
});

test.each([
  ['rolse: {}', 'unknown key; did you mean "roles"?'],
  ['roles: {a: {incldues: []}}', 'unknown key; did you mean "includes"?'],
  ['roles: {a: {mfa: always}}', 'expected "optional" or "required"'],
  ['roles: {a: {includes: [b, b]}, b: {}}', 'states "b" twice'],
  ['groups: {staff: {members: [ada@example.test]}}', 'unknown key'],
  ['roles: [a]', 'expected a mapping'],
])('%s is refused', (yaml, message) => {
  expect(problems(yaml)).toEqual([expect.stringContaining(message)]);
});

test('a file of another spelling is told, not passed over', () => {
  expect(linesOf(problemsOf({ 'config/roles.yml': 'roles: {}' }))).toEqual([
    'config/roles.yml:- : is not read; name it roles.yaml',
  ]);
});

describe('the example', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../config/roles.example.yaml'), 'utf8');

  test('loads', () => {
    const { declared: model } = loadConfiguration({
      env: DEVELOPMENT,
      ...configFiles({
        'config/gatehouse.yaml': 'resources: {https://api.example.com: {name: API, scopes: {}}}',
        'config/clients/web-app.yaml': SHOP.replace('shop', 'web-app'),
        'config/clients/publisher.yaml': ROBOT.replace('robot', 'publisher'),
        'config/roles.yaml': text,
      }),
    });
    expect(model.roles.map(({ name }) => name)).toContain('editor');
  });

  test('has every key there is', () => {
    const keys = [
      'description',
      'permissions',
      'includes',
      'client',
      'resource',
      'mfa',
      'roles',
      ...allPaths(rolesFile),
    ];
    expect(keys.filter((key) => !new RegExp(`^\\s*${key}:`, 'm').test(text))).toEqual([]);
  });
});
