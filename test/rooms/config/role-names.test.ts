// Names of roles: never the name of a claim, never the product's own.
import { expect, test } from 'vitest';
import { roleNameProblem } from '../../../src/config/roles/role-names.ts';

test.each([['vendor'], ['shop-admin'], ['shop:orders.read'], ['team_7'], ['x'], [`a${'b'.repeat(63)}`]])(
  '%j is a role name',
  (name) => {
    expect(roleNameProblem(name)).toBeUndefined();
  },
);

test.each([
  [''],
  ['Vendor'],
  ['7up'],
  ['vendor '],
  ['ven dor'],
  ['vendor*'],
  ['vendor:'],
  ['-vendor'],
  ['vendör'],
  ['vendor\n'],
  ['vendor\0'],
  [`a${'b'.repeat(64)}`],
])('%j is none', (name) => {
  expect(roleNameProblem(name)).toMatch(/^A role has 1 to 64 characters/);
});

test.each([
  ['sub'],
  ['iss'],
  ['aud'],
  ['exp'],
  ['nbf'],
  ['iat'],
  ['jti'],
  ['acr'],
  ['amr'],
  ['nonce'],
  ['sid'],
  ['client_id'],
  ['scope'],
  ['roles'],
  ['constructor'],
  ['prototype'],
])('%j would be taken for a claim or a built-in (T18)', (name) => {
  expect(roleNameProblem(name)).toContain('cannot be a role');
});

test.each([['__proto__'], ['toString'], ['hasOwnProperty']])('%j is refused too (T18, T56)', (name) => {
  expect(roleNameProblem(name)).toBeDefined();
});

test('the prefix of the product is its own', () => {
  expect(roleNameProblem('gatehouse:admin')).toContain("the product's own");
  expect(roleNameProblem('gatehouse:anything')).toContain("the product's own");
  expect(roleNameProblem('gatehouse')).toBeUndefined();
});
