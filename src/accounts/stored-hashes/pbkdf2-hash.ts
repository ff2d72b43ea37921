// PBKDF2 (RFC 8018) as Django, Werkzeug, passlib and PHC strings write it.
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64, decodeHex, type HashReader, refused, type Salted, salted, sameTag } from './hash-text.ts';

/** Three seconds of a core with SHA-256; OWASP asks for 600,000, Django 6 makes 1,200,000. */
const MOST_ITERATIONS = 4_000_000;

/** Bytes. */
const DIGESTS: Readonly<Record<string, number>> = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 };

const DJANGO = /^pbkdf2_(sha1|sha256)\$(\d+)\$([^$]+)\$([^$]+)$/;
const WERKZEUG = /^pbkdf2:([a-z0-9]+):(\d+)\$([^$]+)\$([^$]+)$/;
const PASSLIB = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d+)\$([^$]+)\$([^$]+)$/;
const PHC = /^\$pbkdf2-(sha1|sha256|sha512)\$i=(\d+)(?:,l=\d+)?\$([^$]+)\$([^$]+)$/;

interface Spelling {
  readonly pattern: RegExp;
  salt(text: string): Buffer | undefined;
  tag(text: string): Buffer | undefined;
  /** Whether the tag is as long as the digest. */
  readonly whole: boolean;
}

const asText = (text: string): Buffer => Buffer.from(text);

const SPELLINGS: readonly Spelling[] = [
  { pattern: DJANGO, salt: asText, tag: decodeBase64, whole: true },
  { pattern: WERKZEUG, salt: asText, tag: decodeHex, whole: true },
  { pattern: PASSLIB, salt: decodeBase64, tag: decodeBase64, whole: true },
  { pattern: PHC, salt: decodeBase64, tag: decodeBase64, whole: false },
];

export const readPbkdf2: HashReader = (stored) => {
  if (!/^\$?pbkdf2[:_$-]/.test(stored)) return undefined;
  const spelling = SPELLINGS.find(({ pattern }) => pattern.test(stored));
  if (spelling === undefined) return refused('is PBKDF2 in a spelling that is not known');
  const [, digest = 'sha1', iterations = '', salt = '', tag = ''] = spelling.pattern.exec(stored) ?? [];
  const bytes = DIGESTS[digest];
  if (bytes === undefined) return refused(`is PBKDF2 with the digest ${digest}, which is not supported`);
  const rounds = Number(iterations);
  if (rounds < 1 || rounds > MOST_ITERATIONS) {
    return refused(`is PBKDF2 with ${iterations} iterations; 1 to ${MOST_ITERATIONS} are accepted`);
  }
  const parts = salted(spelling.salt(salt), spelling.tag(tag), spelling.whole ? bytes : undefined);
  if ('problem' in parts) return refused(`is PBKDF2, but ${parts.problem}`);
  return { outcome: 'readable', matches: (password) => matches(password, parts, { rounds, digest }) };
};

const derive = promisify(pbkdf2);

const matches = async (
  password: string,
  { salt, tag }: Salted,
  { rounds, digest }: { rounds: number; digest: string },
): Promise<boolean> => sameTag(await derive(password, salt, rounds, tag.length, digest), tag);
