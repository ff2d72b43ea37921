// Password hashes: argon2id, whole passwords, bounded work.
import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import { describe, expect, test } from 'vitest';
import { createPasswordHasher, MAX_HASHED_CODE_POINTS } from '../../../src/accounts/password-hash.ts';
import { Refusal } from '../../../src/errors.ts';

const hasher = createPasswordHasher({ parallel: 2, queue: 50 });

test('a hash names its parameters and has a salt of its own', async () => {
  const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(one).not.toBe(two);
});

test('the right password matches and a wrong one does not', async () => {
  const hash = await hasher.hash('correct horse');
  expect(await hasher.verify(hash, 'correct horse')).toEqual({ matches: true, needsRehash: false });
  expect(await hasher.verify(hash, 'Correct horse')).toEqual({ matches: false, needsRehash: false });
  expect(await hasher.verify(hash, 'correct horse ')).toEqual({ matches: false, needsRehash: false });
});

test('nothing is cut off: passwords that differ in their last character differ', async () => {
  for (const length of [73, 129, MAX_HASHED_CODE_POINTS]) {
    const start = 'x'.repeat(length - 1);
    expect((await hasher.verify(await hasher.hash(`${start}a`), `${start}b`)).matches).toBe(false);
  }
  expect((await hasher.verify(await hasher.hash('before\0after'), 'before\0other')).matches).toBe(false);
});

test('a password typed on another keyboard is the same password', async () => {
  const hash = await hasher.hash('caf\u00e9 ﬁne');
  expect((await hasher.verify(hash, 'cafe\u0301 fine')).matches).toBe(true);
});

test.each([
  ['', 'empty'],
  ['plain', 'no hash'],
  ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA', 'cut off'],
  ['$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHRzYWx0c2FsdA$AAAA', 'impossible parameters'],
  ['$2b$10$abcdefghijklmnopqrstuuHW0mY5PqGqJ8lYJ8b1hXKpG1S9sGq3a', 'of another kind'],
])('a stored hash %j (%s) matches nothing and breaks nothing', async (stored) => {
  expect(await hasher.verify(stored, 'correct horse')).toEqual({ matches: false, needsRehash: false });
});

test.each([
  ['more memory', { memoryCost: 32_768, timeCost: 2, parallelism: 1 }],
  ['one pass fewer', { memoryCost: 19_456, timeCost: 1, parallelism: 1 }],
  ['a shorter tag', { memoryCost: 19_456, timeCost: 2, parallelism: 1, hashLength: 16 }],
  ['argon2i', { memoryCost: 19_456, timeCost: 2, parallelism: 1, type: argon2.argon2i }],
])('a hash made with other parameters (%s) matches and is to be renewed', async (_, parameters) => {
  const old = await argon2.hash('correct horse', parameters);
  expect(await hasher.verify(old, 'correct horse')).toEqual({ matches: true, needsRehash: true });
  expect(await hasher.verify(old, 'wrong horse')).toEqual({ matches: false, needsRehash: false });
});

test('no hash at all matches nothing and takes the time of one (T30)', async () => {
  const hash = await hasher.hash('correct horse');
  const timed = async (stored: string | undefined) => {
    const started = performance.now();
    expect((await hasher.verify(stored, 'wrong horse')).matches).toBe(false);
    return performance.now() - started;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    known.push(await timed(hash));
    unknown.push(await timed(undefined));
  }
  expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 2);
});

test('an overlong password is not hashed (T57)', async () => {
  const overlong = 'x'.repeat(MAX_HASHED_CODE_POINTS + 1);
  await expect(hasher.hash(overlong)).rejects.toThrow(RangeError);
  expect(await hasher.verify(await hasher.hash('correct horse'), overlong)).toEqual({
    matches: false,
    needsRehash: false,
  });
});

test('one text with one salt has one hash, and another salt another', async () => {
  const salt = randomBytes(16);
  const hash = await hasher.hashWithSalt('ABCD', salt);
  expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await hasher.hashWithSalt('ABCD', salt)).toBe(hash);
  expect(await hasher.hashWithSalt('ABCE', salt)).not.toBe(hash);
  expect(await hasher.hashWithSalt('ABCD', randomBytes(16))).not.toBe(hash);
});

describe('when more people sign in than can be served (T60)', () => {
  test('those beyond the queue are told at once to come back', async () => {
    const small = createPasswordHasher({ parallel: 1, queue: 2 });
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => small.verify(undefined, 'x')));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason as Refusal);
    expect(refused).toHaveLength(3);
    for (const refusal of refused) {
      expect(refusal).toBeInstanceOf(Refusal);
      expect(refusal).toMatchObject({ code: 'busy', status: 503, retryAfterSeconds: 2 });
    }
  });

  test('the queue is free again afterwards', async () => {
    const small = createPasswordHasher({ parallel: 1, queue: 1 });
    await Promise.allSettled(Array.from({ length: 5 }, () => small.verify('broken', 'x')));
    await expect(Promise.all([small.hash('x'), small.hash('y')])).resolves.toHaveLength(2);
  });
});
