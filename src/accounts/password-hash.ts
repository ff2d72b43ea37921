// Hashes and verifies what people choose or type: argon2id (RFC 9106), never more at once than there are cores.
// Hashes that other systems made are verified as well (stored-hashes/), and are to be renewed.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { createHashQueue, type HashLoad } from './hash-queue.ts';
import type { HashReading } from './stored-hashes/hash-text.ts';
import { readHash } from './stored-hashes/read-hash.ts';

export interface PasswordHasher {
  /** A PHC string with a salt of its own. @throws Refusal `busy` (503), RangeError for an overlong password. */
  hash(password: string): Promise<string>;
  /**
   * Never throws for a malformed hash: it matches nothing. An undefined hash takes the same work, or that of `instead`,
   * and matches nothing either. @throws Refusal `busy` (503)
   */
  verify(
    hash: string | undefined,
    password: string,
    instead?: string | undefined,
  ): Promise<{ matches: boolean; needsRehash: boolean }>;
  /** The bare tag, base64url, for codes that share a salt. @throws Refusal `busy` (503) */
  hashWithSalt(text: string, salt: Buffer): Promise<string>;
  /** How busy it is at this moment. */
  load(): HashLoad;
}

/** OWASP Password Storage, first choice: 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1, hashLength: 32 } as const;
const SALT_BYTES = 16;
/** 16 bytes of salt are 22 base64 characters, 32 bytes of tag are 43. */
const CURRENT_HASH = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;

/**
 * Code points. The password rules ask for less; this bounds what anybody can make us normalise and hash.
 * Nothing is ever cut off: a longer text is refused or matches nothing.
 */
export const MAX_HASHED_CODE_POINTS = 4096;

/** `parallel` 0 means as many as there are cores. */
export function createPasswordHasher({ parallel, queue }: { parallel: number; queue: number }): PasswordHasher {
  const bounded = createHashQueue({ parallel: parallel === 0 ? availableParallelism() : parallel, queue });
  const unmatchable = unmatchableHash();
  return {
    load: bounded.load,
    async hash(password) {
      const text = normalised(password);
      if (text === undefined) throw new RangeError(`A password has at most ${MAX_HASHED_CODE_POINTS} code points`);
      return bounded.run(() => argon2.hash(text, { ...PARAMETERS, salt: randomBytes(SALT_BYTES) }));
    },
    async verify(hash, password, instead = unmatchable) {
      const text = normalised(password);
      if (text === undefined) return { matches: false, needsRehash: false };
      // What others have hashed is what was typed; the work is the same whoever made the hash.
      const spellings = [...new Set([text, password])];
      const matching = await bounded.run(() => firstMatching(readable(hash ?? instead, unmatchable), spellings));
      const matches = hash !== undefined && matching !== undefined;
      return { matches, needsRehash: matches && !(isCurrentHash(hash) && matching === text) };
    },
    async hashWithSalt(text, salt) {
      const tag = await bounded.run(() => argon2.hash(text, { ...PARAMETERS, salt, raw: true }));
      return tag.toString('base64url');
    },
  };
}

/**
 * NFKC, so that one password typed on two keyboards is one password. SP 800-63B-4 section 3.1.1.2 asks for it;
 * case, blanks and length stay as they are.
 */
function normalised(password: string): string | undefined {
  if (password.length > MAX_HASHED_CODE_POINTS * 2) return undefined;
  const text = password.normalize('NFKC');
  return [...text].length > MAX_HASHED_CODE_POINTS ? undefined : text;
}

/** Whether it is as we hash today; else it was made elsewhere, or with parameters of another time. */
export const isCurrentHash = (hash: string): boolean => CURRENT_HASH.test(hash);

type Readable = Extract<HashReading, { outcome: 'readable' }>;

/** What cannot be read costs as much as what can. */
function readable(hash: string, unmatchable: string): Readable {
  const reading = readHash(hash);
  return reading.outcome === 'readable' ? reading : readable(unmatchable, unmatchable);
}

async function firstMatching(stored: Readable, spellings: readonly string[]): Promise<string | undefined> {
  for (const spelling of spellings) if (await stored.matches(spelling).catch(() => false)) return spelling;
  return undefined;
}

/** Looks like a hash made today, but its tag is random: no password leads to it. */
function unmatchableHash(): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  const { memoryCost: m, timeCost: t, parallelism: p, hashLength } = PARAMETERS;
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${base64(randomBytes(SALT_BYTES))}$${base64(randomBytes(hashLength))}`;
}
