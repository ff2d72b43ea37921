// Password rules: long, not common, not just a name (NIST SP 800-63B-4 section 3.1.1.2), and nothing else.
import { describe, expect, test } from 'vitest';
import {
  checkPassword,
  type PasswordRules,
  passwordRulesFor,
  withPersonalWords,
} from '../../../src/accounts/password-rules.ts';

const rules: PasswordRules = {
  minLength: 15,
  maxLength: 256,
  contextWords: ['gatehouse', 'Söhne & Co'],
  commonPasswords: new Set(['passwordpassword']),
};

const allowed = (password: string, changed: Partial<PasswordRules> = {}) =>
  checkPassword(password, { ...rules, ...changed }).length === 0;

describe('length', () => {
  test('14 characters are too few and 15 enough', () => {
    expect(checkPassword('kxqzwvjmtrbnpl', rules)).toEqual(['Use at least 15 characters; this password has 14.']);
    expect(allowed('kxqzwvjmtrbnplc')).toBe(true);
  });

  test('256 characters are allowed, 257 are not', () => {
    expect(allowed('x'.repeat(256))).toBe(true);
    expect(checkPassword('x'.repeat(257), rules)).toEqual(['Use at most 256 characters.']);
  });

  test('an emoji counts as one character', () => {
    expect(allowed('🦊'.repeat(14))).toBe(false);
    expect(allowed('🦊'.repeat(15))).toBe(true);
    expect(allowed('🦊'.repeat(256))).toBe(true);
    expect(allowed('🦊'.repeat(257))).toBe(false);
  });

  test('a letter and its accent count as the one character they are', () => {
    expect(allowed('e\u0301'.repeat(14))).toBe(false);
    expect(allowed('e\u0301'.repeat(15))).toBe(true);
  });

  test('a megabyte is answered without being worked on', () => {
    const started = performance.now();
    expect(allowed('ﷺ'.repeat(1_000_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(20);
  });

  test('8 characters are enough where a second factor is required', () => {
    const lengths = { passwordMinLength: 15, passwordMinLengthWithSecondFactor: 8, passwordMaxLength: 256 };
    const config = { ...lengths, deletionGraceSeconds: 0 };
    expect(passwordRulesFor({ ...config, mfa: 'required' }).minLength).toBe(8);
    expect(passwordRulesFor({ ...config, mfa: 'optional' }).minLength).toBe(15);
  });
});

test.each([
  ['no capitals, digits or marks', 'correct horse battery'],
  ['one letter over and over', 'aaaaaaaaaaaaaaab'],
  ['only digits', '839274650192837'],
  ['blanks at both ends', '  correct horse  '],
  ['any script', 'правильнаялошадьбатарея'],
])('there are no rules of composition: %s', (_, password) => {
  expect(allowed(password)).toBe(true);
});

describe('common passwords', () => {
  test.each([['passwordpassword'], ['PasswordPassword'], ['ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ']])(
    '%j is refused, with the reason',
    (password) => {
      expect(checkPassword(password, rules)).toEqual([expect.stringContaining('list of common passwords')]);
    },
  );
});

describe('names a guesser would try', () => {
  const personal = withPersonalWords(rules, {
    email: 'Alice.Liddell@wonderland.example',
    username: 'white_rabbit',
    displayName: 'Alice Liddell',
  });

  test.each([
    ['gatehousegatehouse'],
    ['Gatehouse123456'],
    ['söhne&cosöhneco'],
    ['alice.liddell99'],
    ['AliceLiddell2026'],
    ['alice@wonderland.example'],
    ['white_rabbit_26'],
    ['whiterabbit1234'],
    ['Ａｌｉｃｅ Ｌｉｄｄｅｌｌ 1'],
  ])('%j is mostly such a name', (password) => {
    expect(checkPassword(password, personal)).toEqual([expect.stringContaining('mostly your name')]);
  });

  test.each([['alice likes marzipan'], ['the gatehouse by the river'], ['rabbit, watch, teacup']])(
    '%j only contains one',
    (password) => {
      expect(checkPassword(password, personal)).toEqual([]);
    },
  );

  test('a name of two letters is no name to look for', () => {
    expect(
      checkPassword('lililililililil', withPersonalWords(rules, { email: 'x@y.example', displayName: 'Li' })),
    ).toEqual([]);
  });
});

test('all reasons are given at once', () => {
  expect(checkPassword('gatehouse', rules)).toHaveLength(2);
});
