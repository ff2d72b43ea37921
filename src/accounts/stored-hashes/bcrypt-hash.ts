// bcrypt in the spelling of crypt(3), and as Django writes it: `bcrypt$…`, and `bcrypt_sha256$…`.
import { createHash } from 'node:crypto';
import bcrypt from 'bcrypt';
import { type HashReader, refused, sameTag } from './hash-text.ts';

const CRYPT = /^(?:(bcrypt|bcrypt_sha256)\$)?\$2([abxy]?)\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
/** 2^15 rounds take a core about two seconds. */
const MOST_COST = 15;
const LEAST_COST = 4;
/** bcrypt looks at no more. Whoever has stored a hash of a longer password has compared these. */
const LOOKED_AT_BYTES = 72;

export const readBcrypt: HashReader = (stored) => {
  if (!/^(?:bcrypt(?:_sha256)?\$)?\$2[a-z]?\$/.test(stored)) return undefined;
  const [, django, minor, cost, salt, tag] = CRYPT.exec(stored) ?? [];
  if (tag === undefined) return refused('is bcrypt, but cut off or longer than it should be');
  // $2x$ marks hashes of a broken implementation, and $2$ those from before NUL ended a password.
  if (minor === 'x' || minor === '') return refused(`is bcrypt of the kind $2${minor}$, which had a fault`);
  if (Number(cost) < LEAST_COST || Number(cost) > MOST_COST) {
    return refused(`is bcrypt with a cost of ${Number(cost)}; ${LEAST_COST} to ${MOST_COST} are accepted`);
  }
  // $2a$, $2b$ and $2y$ are one algorithm for up to 72 bytes; the package knows only the first two names.
  const settings = `$2b$${cost}$${salt}`;
  const expected = Buffer.from(settings + tag);
  return {
    outcome: 'readable',
    async matches(password) {
      const bytes = django === 'bcrypt_sha256' ? hexDigest(password) : Buffer.from(password);
      // Where C wrote the hash, a NUL ended the password: what comes after it would not count.
      if (bytes.includes(0)) return false;
      return sameTag(Buffer.from(await bcrypt.hash(bytes.subarray(0, LOOKED_AT_BYTES), settings)), expected);
    },
  };
};

const hexDigest = (password: string): Buffer => Buffer.from(createHash('sha256').update(password).digest('hex'));
