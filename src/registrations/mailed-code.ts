// The code in the mail: 8 digits, stored under a key that is not in the database, so that a stolen row tells no code.
import { createHmac, randomInt } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { deriveKey } from '../crypto/derived-keys.ts';

const DIGITS = 8;

export const newCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

/** Bound to its registration: the same code of another one has another hash. */
export const hashCode = ({ masterSecret }: Config, { id, code }: { id: string; code: string }): string =>
  createHmac('sha256', deriveKey(masterSecret, 'mailed-codes')).update(`${id}:${code}`).digest('base64url');

/** People type codes in groups, with blanks and dashes. */
export const isCode = (config: Config, typed: string, { id, codeHash }: { id: string; codeHash: string }): boolean =>
  equalInConstantTime(hashCode(config, { id, code: typed.normalize('NFKC').replace(/[^0-9]/g, '') }), codeHash);
