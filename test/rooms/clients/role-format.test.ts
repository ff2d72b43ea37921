// How an app reads roles: what they are called without their prefix, and what never becomes of a name.
import { expect, test } from 'vitest';
import { DEFAULT_ROLE_FORMAT, roleClaim, shownNames } from '../../../src/clients/rights/role-format.ts';

const strip = (stripPrefix: string, ...roles: string[]) => shownNames(roles, { stripPrefix });

test('a prefix is left out where it stands, and nowhere else', () => {
  expect(strip('grafana-', 'grafana-admin', 'grafana-editor', 'vendor', 'my-grafana-x')).toEqual([
    'admin',
    'editor',
    'vendor',
    'my-grafana-x',
  ]);
  expect(strip('gatehouse:', 'gatehouse:admin')).toEqual(['admin']);
  expect(shownNames(['grafana-admin'], { stripPrefix: undefined })).toEqual(['grafana-admin']);
});

test('two roles that are called the same are one', () => {
  expect(strip('grafana-', 'admin', 'grafana-admin')).toEqual(['admin']);
});

test.each([
  ['the name itself', 'shop', 'shop'],
  ['no name', 'shop', 'shop-x'],
  ['a claim', 'shop-', 'shop-sub'],
  ['something every object has', 'shop-', 'shop-constructor'],
  ['a role of the product', 'x-', 'x-gatehouse:admin'],
])('the prefix stays where what is left would be %s', (_what, prefix, role) => {
  expect(strip(prefix, role)).toEqual([role]);
});

test('each form says nothing as well as something', () => {
  const format = (claim: string, as: 'array' | 'space' | 'comma' | 'nested' | 'object') =>
    [[], ['a'], ['a', 'b']].map((names) => roleClaim(names, { ...DEFAULT_ROLE_FORMAT, claim, as }));
  expect(format('roles', 'array')).toEqual([{ roles: [] }, { roles: ['a'] }, { roles: ['a', 'b'] }]);
  expect(format('roles', 'space')).toEqual([{ roles: '' }, { roles: 'a' }, { roles: 'a b' }]);
  expect(format('roles', 'comma')).toEqual([{ roles: '' }, { roles: 'a' }, { roles: 'a,b' }]);
  expect(format('roles', 'object')).toEqual([{ roles: {} }, { roles: { a: true } }, { roles: { a: true, b: true } }]);
  expect(format('resource_access.my-app.roles', 'nested').at(-1)).toEqual({
    resource_access: { 'my-app': { roles: ['a', 'b'] } },
  });
  expect(format('a.b', 'array').at(-1)).toEqual({ 'a.b': ['a', 'b'] });
});
