// Identifiers: one person, one account, however the address or name is typed.
import { describe, expect, test } from 'vitest';
import { canonicalEmail, canonicalUsername } from '../../../src/accounts/identifiers.ts';

describe('an e-mail address', () => {
  test.each([
    ['jane@example.test'],
    ['Jane@Example.TEST'],
    ['JANE@EXAMPLE.TEST'],
    ['  jane@example.test '],
    ['jane@example.test.'],
    ['ｊａｎｅ@example.test'],
    ['jane＠example.test'],
    ['jane@ｅｘａｍｐｌｅ.test'],
    ['jane@example。test'],
  ])('typed as %j is jane@example.test (T35)', (typed) => {
    expect(canonicalEmail(typed)?.key).toBe('jane@example.test');
  });

  test('keeps the spelling of the local part for showing it', () => {
    expect(canonicalEmail('Jane.Doe+shop@Example.test')).toEqual({
      address: 'Jane.Doe+shop@example.test',
      key: 'jane.doe+shop@example.test',
    });
  });

  test('with letters beyond ASCII in the domain is one address with its xn-- form', () => {
    expect(canonicalEmail('jane@Bücher.example')?.key).toBe('jane@xn--bcher-kva.example');
    expect(canonicalEmail('jane@XN--BCHER-KVA.example')?.key).toBe('jane@xn--bcher-kva.example');
  });

  test('with look-alike letters in the domain is another address, and shows it', () => {
    expect(canonicalEmail('jane@ex\u0430mple.test')?.address).toMatch(/^jane@xn--/);
  });

  test.each([
    [''],
    ['jane'],
    ['@example.test'],
    ['jane@'],
    ['jane@example'],
    ['jane@@example.test'],
    ['jane@evil.test@example.test'],
    ['jane＠evil.test@example.test'],
    ['jane doe@example.test'],
    ['"jane doe"@example.test'],
    ['jane@exa mple.test'],
    ['.jane@example.test'],
    ['jane.@example.test'],
    ['ja..ne@example.test'],
    ['jane@example..test'],
    ['jane@example.test..'],
    ['jane@-example.test'],
    ['jane@example-.test'],
    ['jane@exa_mple.test'],
    ['jane@ex%41mple.test'],
    ['jane@example.test:25'],
    ['jane@[127.0.0.1]'],
    ['jane@127.0.0.1'],
    ['jane@0x7f.1'],
    ['jane@[::1]'],
    ['jane@example.123'],
    ['jane@example.test/path'],
    ['jane\u0000@example.test'],
    ['jane@example.test\u0000'],
    ['jane\n@example.test'],
    ['jane@example.test\r\nBcc: all@example.test'],
    ['\u202ejane@example.test'],
    ['jane\u200f@example.test'],
    ['jane@exam\u00adple.test'],
    ['ja\u200bne@example.test'],
    ['j\u0430ne@example.test'],
    ['\ud800jane@example.test'],
    [`${'j'.repeat(65)}@example.test`],
    [`jane@${'a'.repeat(64)}.test`],
    [`jane@${'example.'.repeat(31)}test`],
    [`${'j'.repeat(1_000_000)}@example.test`],
  ])('is refused: %j (T35)', (typed) => {
    expect(canonicalEmail(typed)).toBeUndefined();
  });

  test('of 254 characters is the longest', () => {
    const domain = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(57)}.test`;
    const longest = `${'j'.repeat(254 - 1 - domain.length)}@${domain}`;
    expect(longest).toHaveLength(254);
    expect(canonicalEmail(longest)?.key).toBe(longest);
    expect(canonicalEmail(`j${longest}`)).toBeUndefined();
  });

  test('is its own canonical form once canonical', () => {
    for (const typed of ['Jane@Bücher.example.', "O'Hara+x@EXAMPLE.test"]) {
      const once = canonicalEmail(typed);
      expect(once && canonicalEmail(once.key)?.key).toBe(once?.key);
    }
  });
});

describe('a username', () => {
  test.each([['jane'], ['JANE'], [' Jane '], ['ｊａｎｅ'], ['\u{1d4f3}ane']])('typed as %j is jane (T35)', (typed) => {
    expect(canonicalUsername(typed)?.key).toBe('jane');
  });

  test('keeps its capitals for showing it', () => {
    expect(canonicalUsername('Jane_D.oe-2')).toEqual({ username: 'Jane_D.oe-2', key: 'jane_d.oe-2' });
  });

  test.each([['abc'], ['a'.repeat(32)]])('may be %j', (typed) => {
    expect(canonicalUsername(typed)).toBeDefined();
  });

  test.each([
    [''],
    ['ab'],
    ['a'.repeat(33)],
    ['1jane'],
    ['-jane'],
    ['jane doe'],
    ['jane@example'],
    ['jane＠example'],
    ['j\u0430ne'],
    ['jäne'],
    ['jane\u0000'],
    ['ja\u200bne'],
    ['\u202ejane'],
    ['__proto__'],
    ['jane\n'],
  ])('is refused: %j', (typed) => {
    expect(canonicalUsername(typed)).toBeUndefined();
  });

  test.each([['admin'], ['Root'], ['SUPPORT'], ['ａdmin'], ['postmaster']])('%j is reserved', (typed) => {
    expect(canonicalUsername(typed)).toBeUndefined();
  });
});
