// Hashes that other systems have made: as the real tools write them, and what is not taken of them.

import { describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';
import { readHash } from '../../../src/accounts/stored-hashes/read-hash.ts';
import { vectors } from '../../fixtures/password-hashes/hashes.ts';

const hasher = createPasswordHasher({ parallel: 2, queue: 50 });

test('there are vectors of every tool and format that is promised', () => {
  const forms = new Set(vectors.map(({ tool, form }) => `${tool.split(' ')[0]} ${form}`));
  expect([...forms]).toEqual(
    expect.arrayContaining([
      ...['pbkdf2_sha1', 'pbkdf2_sha256', 'argon2', 'bcrypt', 'bcrypt_sha256', 'scrypt'].map(
        (form) => `Django ${form}`,
      ),
      ...['pbkdf2:sha1', 'pbkdf2:sha256', 'pbkdf2:sha512:50000', 'scrypt'].map((form) => `Werkzeug ${form}`),
      ...['$2a$', '$2b$'].map((form) => `bcrypt ${form}`),
      ...['argon2d', 'argon2i', 'argon2id', 'argon2i, v=16'].map((form) => `argon2-cffi ${form}`),
      ...['$2y$', 'pbkdf2_sha1', 'pbkdf2_sha256', 'pbkdf2_sha512', 'scrypt'].map((form) => `passlib ${form}`),
    ]),
  );
});

test.each(vectors)('$tool, $form: $hash', async ({ hash, password, also, wrong }) => {
  for (const right of [password, ...also]) {
    expect(await hasher.verify(hash, right)).toEqual({ matches: true, needsRehash: true });
  }
  expect(await hasher.verify(hash, wrong)).toEqual({ matches: false, needsRehash: false });
});

test('a PHC string of PBKDF2 with its length stated is read as well', async () => {
  // Test vector of RFC 7914 section 11: "passwd", "salt", one iteration, 64 bytes.
  const tag = Buffer.from(
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
      '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
    'hex',
  );
  const hash = `$pbkdf2-sha256$i=1,l=64$${unpadded(Buffer.from('salt'))}$${unpadded(tag)}`;
  expect(await hasher.verify(hash, 'passwd')).toEqual({ matches: true, needsRehash: true });
  expect(await hasher.verify(hash, 'password')).toEqual({ matches: false, needsRehash: false });
});

test('a password with a NUL meets no bcrypt hash, since what comes after it may not have counted', async () => {
  const { hash, password } = vectors.find(({ form }) => form === '$2b$') ?? { hash: '', password: '' };
  expect((await hasher.verify(hash, `${password}\0`)).matches).toBe(false);
});

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
const SALT = unpadded(Buffer.alloc(16, 1));
const TAG = unpadded(Buffer.alloc(32, 2));
const HEX = '02'.repeat(32);

describe('what would take too much work, or matches too much, is refused before any work is done (T60)', () => {
  test.each([
    [`pbkdf2_sha256$1000000000000$salt$${TAG}=`, 'is PBKDF2 with 1000000000000 iterations; 1 to 4000000 are accepted'],
    [`pbkdf2:sha256:4000001$salt$${HEX}`, 'is PBKDF2 with 4000001 iterations; 1 to 4000000 are accepted'],
    [`pbkdf2:sha256:0$salt$${HEX}`, 'is PBKDF2 with 0 iterations; 1 to 4000000 are accepted'],
    [`pbkdf2:md5:1000$salt$${HEX}`, 'is PBKDF2 with the digest md5, which is not supported'],
    [`pbkdf2:sha256:1000$salt$02`, 'is PBKDF2, but its last part has 1 bytes, where 32 are expected'],
    [`$pbkdf2-sha256$i=1000$${SALT}$AAAA`, 'is PBKDF2, but its last part has 3 bytes, where 16 to 64 are expected'],
    [`pbkdf2:sha256$salt$${HEX}`, 'is PBKDF2 in a spelling that is not known'],
    [`scrypt:1073741824:8:1$salt$${HEX}${HEX}`, /^is scrypt with N=1073741824 and r=8; 128 × N × r of at most/],
    [`scrypt:32767:8:1$salt$${HEX}${HEX}`, 'is scrypt with N=32767, which is no power of two'],
    [`scrypt:32768:8:1000$salt$${HEX}${HEX}`, /^is scrypt with N=32768, r=8 and p=1000; N × r × p of at most/],
    [`$scrypt$ln=9999,r=8,p=1$${SALT}$${TAG}`, /^is scrypt with N=Infinity/],
    [`scrypt$16384$salt$8$0$${TAG}`, /^is scrypt with N=16384 and r=8/],
    [`$argon2id$v=19$m=4194304,t=1,p=1$${SALT}$${TAG}`, /^is argon2id with m=4194304; 8 to 262144 \(KiB\)/],
    [`$argon2id$v=19$m=262144,t=5,p=1$${SALT}$${TAG}`, /^is argon2id with t=5 and m=262144; m × t of at most/],
    [`$argon2id$v=19$m=65536,t=3,p=64$${SALT}$${TAG}`, 'is argon2id with p=64; 1 to 16 are accepted'],
    [`$argon2id$v=18$m=65536,t=3,p=4$${SALT}$${TAG}`, /^is argon2id with v=18/],
    [`$argon2id$v=19$m=65536,t=3,p=4,keyid=AA$${SALT}$${TAG}`, 'is argon2 in a spelling that is not known'],
    [`$argon2id$v=19$m=65536,t=3,p=4$${SALT}$AAAA`, /^is argon2id, but its last part has 3 bytes/],
    [`$argon2id$v=19$m=65536,t=3,p=4$AAAA$${TAG}`, 'is argon2id, but its salt has fewer than 8 bytes'],
    [`$2b$31$${'a'.repeat(53)}`, 'is bcrypt with a cost of 31; 4 to 15 are accepted'],
    [`$2x$10$${'a'.repeat(53)}`, 'is bcrypt of the kind $2x$, which had a fault'],
    [`$2b$10$${'a'.repeat(52)}`, 'is bcrypt, but cut off or longer than it should be'],
    [`bcrypt_sha256$$2b$20$${'a'.repeat(53)}`, 'is bcrypt with a cost of 20; 4 to 15 are accepted'],
    ['$6$rounds=5000$salt$hash', 'is SHA-512 crypt ($6$), which is not supported'],
    ['$1$salt$hash', 'is MD5 crypt ($1$), which is not supported'],
    ['md5$salt$0cc175b9c0f1b6a831c399e269772661', 'is a plain digest of Django, which is not supported'],
    ['sha256$salt$ca978112ca1bbdcafac231b39a23dc4d', 'is a plain digest of Werkzeug, which is not supported'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'is a plain digest, which is not supported'],
    ['{SSHA}abc', 'is a hash of LDAP ({…}), which is not supported'],
    ['$bcrypt-sha256$v=2,t=2b,r=12$salt$hash', 'is of the kind $bcrypt-sha256$, which is not supported'],
    ['hunter2', 'is in no known format, which is not supported'],
    ['x'.repeat(513), 'has more than 512 characters'],
  ])('%s', (stored, reason) => {
    const reading = readHash(stored);
    const expected = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    expect(reading).toEqual({ outcome: 'refused', reason: expected });
  });
});

test('a hash that is refused costs the work of one that is not, and matches nothing', async () => {
  const started = performance.now();
  const { matches } = await hasher.verify(`pbkdf2_sha256$1000000000000$salt$${TAG}=`, 'hunter2');
  const took = performance.now() - started;
  expect(matches).toBe(false);
  const ours = performance.now();
  await hasher.verify(undefined, 'hunter2');
  expect(took).toBeGreaterThan((performance.now() - ours) / 4);
  expect(took).toBeLessThan(10_000);
});
