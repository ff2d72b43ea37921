// Which roles an app sees.
import { expect, test } from 'vitest';
import { visibleRoles } from '../../../src/roles/visible-roles.ts';

const roles = ['gatehouse:admin', 'gatehouse:auditor', 'shop-admin', 'shop:read', 'shop:write', 'vendor'];

test('an app whose file says nothing sees every role but the product’s own', () => {
  expect(visibleRoles(roles, undefined)).toEqual(['shop-admin', 'shop:read', 'shop:write', 'vendor']);
});

test('an app whose file lists none sees none', () => {
  expect(visibleRoles(roles, [])).toEqual([]);
});

test.each([
  [['vendor'], ['vendor']],
  [['vend'], []],
  [['shop:*'], ['shop:read', 'shop:write']],
  [['shop*'], ['shop-admin', 'shop:read', 'shop:write']],
  [['*read'], ['shop:read']],
  [['s*:*e'], ['shop:write']],
  [['*o*r*'], ['shop:read', 'shop:write', 'vendor']],
  [
    ['vendor', 'shop-admin'],
    ['shop-admin', 'vendor'],
  ],
  [['vendor*'], ['vendor']],
  [['vendor**'], ['vendor']],
  [['vendorvendor*'], []],
  [['ven*ndor'], []],
])('patterns %j show %j', (include, seen) => {
  expect(visibleRoles(roles, include)).toEqual(seen);
});

test.each([[['*']], [['**']], [['*:admin']], [['g*']], [['gatehouse*']], [['*gatehouse:admin']]])(
  'the product’s own roles stay here with %j',
  (include) => {
    expect(visibleRoles(['gatehouse:admin'], include)).toEqual([]);
  },
);

test.each([[['gatehouse:admin']], [['gatehouse:*']], [['*', 'gatehouse:a*min']]])(
  '%j asks for them by name',
  (include) => {
    expect(visibleRoles(['gatehouse:admin'], include)).toEqual(['gatehouse:admin']);
  },
);

test('characters that mean something elsewhere mean nothing here', () => {
  expect(visibleRoles(['a.b', 'axb'], ['a.b'])).toEqual(['a.b']);
  expect(visibleRoles(['vendor'], ['(v+)+$', '[a-z]*', 'vendo?'])).toEqual([]);
});

test('a hostile pattern takes no time (T59)', () => {
  const started = performance.now();
  visibleRoles(['a'.repeat(64)], [`${'a*'.repeat(5_000)}b`]);
  expect(performance.now() - started).toBeLessThan(50);
});
