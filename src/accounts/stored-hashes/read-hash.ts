// The hash of a password as it is stored: ours, or as another system has written it.
import { readArgon2 } from './argon2-hash.ts';
import { readBcrypt } from './bcrypt-hash.ts';
import { type HashReader, type HashReading, refused } from './hash-text.ts';
import { readPbkdf2 } from './pbkdf2-hash.ts';
import { readScrypt } from './scrypt-hash.ts';

const READERS: readonly HashReader[] = [readArgon2, readBcrypt, readPbkdf2, readScrypt];

/** The longest that is known has some 250 characters. */
const LONGEST = 512;

/** Nothing is computed before `matches`, and what would take too much time or memory is refused here. */
export function readHash(stored: string): HashReading {
  if (stored.length > LONGEST) return refused(`has more than ${LONGEST} characters`);
  for (const read of READERS) {
    const reading = read(stored);
    if (reading !== undefined) return reading;
  }
  return refused(`is ${nameOf(stored)}, which is not supported`);
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^\$1\$/, 'MD5 crypt ($1$)'],
  [/^\$apr1\$/, 'MD5 of Apache ($apr1$)'],
  [/^\$5\$/, 'SHA-256 crypt ($5$)'],
  [/^\$6\$/, 'SHA-512 crypt ($6$)'],
  [/^\$y\$/, 'yescrypt ($y$)'],
  [/^\$[PH]\$/, 'phpass ($P$)'],
  [/^\{[A-Za-z0-9-]+\}/, 'a hash of LDAP ({…})'],
  [/^(?:md5|sha1|unsalted_md5|unsalted_sha1|crypt)\$/, 'a plain digest of Django'],
  [/^(?:md5|sha\d+)\$/, 'a plain digest of Werkzeug'],
  [/^[0-9a-fA-F]{32,128}$/, 'a plain digest'],
];

/** Never with a part of what was given: it may be a password. */
function nameOf(stored: string): string {
  const known = NAMES.find(([pattern]) => pattern.test(stored));
  if (known !== undefined) return known[1];
  const scheme = /^\$([a-z0-9-]{1,32})\$/.exec(stored)?.[1];
  return scheme === undefined ? 'in no known format' : `of the kind $${scheme}$`;
}
