// The list of common passwords as it is shipped.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { commonPasswords, listFrom } from '../../../src/accounts/common-passwords.ts';

const shippedEntries = (): string[] =>
  gunzipSync(readFileSync(new URL('../../../src/accounts/common-passwords.txt.gz', import.meta.url)))
    .toString()
    .split('\n')
    .slice(0, -1);

describe('the shipped list', () => {
  test('knows every one of its entries', () => {
    const list = commonPasswords();
    expect(shippedEntries().filter((entry) => !list.has(entry))).toEqual([]);
  });

  test('has the 3,000 that match the policy, and far more (ASVS 6.2.4)', () => {
    const entries = shippedEntries();
    expect(entries.length).toBe(474_743);
    expect(entries.filter((entry) => entry.length >= 15).length).toBeGreaterThan(9_000);
  });

  test('refuses every spelling in capitals', () => {
    const list = commonPasswords();
    expect(['password1', 'PASSWORD1', 'Password1', 'ｐassword1'].map((entry) => list.has(entry))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test('has no false alarms for what is near an entry', () => {
    const list = commonPasswords();
    const entries = new Set(shippedEntries());
    const near = [...entries]
      .filter((_, index) => index % 100 === 0)
      .flatMap((entry) => [`${entry}~`, entry.slice(0, -1), `~${entry}`]);
    expect(near.filter((text) => list.has(text) !== entries.has(text))).toEqual([]);
  });

  test.each([[''], ['\n'], ['password1\n'], ['\0'], ['~'.repeat(300)], ['пароль12345']])(
    'does not have %j',
    (password) => {
      expect(commonPasswords().has(password)).toBe(false);
    },
  );
});

test('a list of one, two or no entries works too', () => {
  expect(listFrom(Buffer.from('')).has('a')).toBe(false);
  expect(listFrom(Buffer.from('b\n')).has('b')).toBe(true);
  expect(['a', 'b', 'c', 'd', 'e'].map((entry) => listFrom(Buffer.from('b\nd\n')).has(entry))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});
