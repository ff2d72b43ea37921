// A code to be mailed and typed: 8 digits, stored under a key that is not in the database, so that a stolen row tells no code.
import { createHmac, randomInt } from 'node:crypto';
import { equalInConstantTime } from './constant-time.ts';
import { deriveKey } from './derived-keys.ts';

interface Keyed {
  readonly masterSecret: string;
}

const DIGITS = 8;

export const newCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

/** Bound to what it is for, by its identifier: the same code of something else has another hash. */
export const hashCode = ({ masterSecret }: Keyed, { id, code }: { id: string; code: string }): string =>
  createHmac('sha256', deriveKey(masterSecret, 'mailed-codes')).update(`${id}:${code}`).digest('base64url');

/** People type codes in groups, with blanks and dashes. */
export const isCode = (keyed: Keyed, typed: string, { id, codeHash }: { id: string; codeHash: string }): boolean =>
  equalInConstantTime(hashCode(keyed, { id, code: typed.normalize('NFKC').replace(/[^0-9]/g, '') }), codeHash);
