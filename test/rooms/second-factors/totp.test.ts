// TOTP without a database: RFC 6238's own vectors, the window, and what people type.
import { generateSync } from 'otplib';
import { describe, expect, test } from 'vitest';
import { matchTotp, newTotpSecret, totpCodeFrom, totpUri } from '../../../src/second-factors/totp.ts';

/** RFC 6238 appendix B: the ASCII secret 12345678901234567890; the codes are the last six digits. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (epochSeconds: number) => new Date(epochSeconds * 1000);

test.each([
  [59, '287082', 1],
  [1111111109, '081804', 37037036],
  [1111111111, '050471', 37037037],
  [1234567890, '005924', 41152263],
  [2000000000, '279037', 66666666],
  [20000000000, '353130', 666666666],
])('RFC 6238 appendix B: at %d the code is %s of step %d', (time, code, step) => {
  expect(matchTotp(RFC_SECRET, code, at(time))).toBe(step);
});

test('a code is right in its own step, one before and one after', () => {
  const code = generateSync({ secret: RFC_SECRET, epoch: 3000 });
  const accepted = [2939, 2940, 2969, 2970, 2999, 3000, 3029, 3030, 3059, 3060].filter(
    (time) => matchTotp(RFC_SECRET, code, at(time)) !== undefined,
  );
  expect(accepted).toEqual([2970, 2999, 3000, 3029, 3030, 3059]);
  for (const time of accepted) expect(matchTotp(RFC_SECRET, code, at(time))).toBe(100);
});

test('a secret is 160 random bits', () => {
  const secrets = Array.from({ length: 50 }, newTotpSecret);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(new Set(secrets).size).toBe(50);
});

test('a secret that is none matches nothing and breaks nothing', () => {
  for (const secret of ['', 'A', '1'.repeat(32), RFC_SECRET.toLowerCase(), `${RFC_SECRET}AA`]) {
    expect(matchTotp(secret, '287082', at(59))).toBeUndefined();
  }
});

describe('what people type', () => {
  test.each([
    ['287082'],
    ['287 082'],
    ['287-082'],
    [' 287082 '],
    ['2 8 7 0 8 2'],
    ['287–082'],
    ['２８７０８２'],
    ['287\u00a0082'],
  ])('%j is the code 287082', (typed) => {
    expect(totpCodeFrom(typed)).toBe('287082');
  });

  test.each([
    [''],
    ['28708'],
    ['2870821'],
    ['28708a'],
    ['+28708'],
    ['2870.2'],
    ['٢٨٧٠٨٢'],
    ['\0'],
    ['1'.repeat(1_000_000)],
  ])('%j is no code', (typed) => {
    expect(totpCodeFrom(typed)).toBeUndefined();
  });
});

test('the URI carries issuer, label and what the app must know', () => {
  const uri = new URL(totpUri({ issuerName: 'Gate: house & Söhne', label: 'jane@example.test', secret: RFC_SECRET }));
  expect(uri.protocol).toBe('otpauth:');
  expect(decodeURIComponent(uri.pathname)).toMatch(/Gate {2}house & Söhne:jane@example\.test$/);
  expect(uri.searchParams.get('secret')).toBe(RFC_SECRET);
  expect(uri.searchParams.get('issuer')).toBe('Gate  house & Söhne');
});
