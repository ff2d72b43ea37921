// A code to be mailed and typed: 8 digits, stored under a key that is not in the database, so that a stolen row tells no code.
import { createHmac, randomInt } from 'node:crypto';
import { equalInConstantTime } from './constant-time.ts';
import { deriveKey, type MasterSecrets } from './derived-keys.ts';

const DIGITS = 8;

export const newCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

interface Coded {
  readonly id: string;
  readonly code: string;
}

/** Bound to what it is for, by its identifier: the same code of something else has another hash. */
export const hashCode = ({ masterSecret }: Pick<MasterSecrets, 'masterSecret'>, coded: Coded): string =>
  hashUnder(masterSecret, coded);

const hashUnder = (secret: string, { id, code }: Coded): string =>
  createHmac('sha256', deriveKey(secret, 'mailed-codes')).update(`${id}:${code}`).digest('base64url');

/** People type codes in groups, with blanks and dashes. A code that was mailed under a previous secret is one too. */
export function isCode(
  { masterSecret, previousSecrets }: MasterSecrets,
  typed: string,
  { id, codeHash }: { id: string; codeHash: string },
): boolean {
  const code = typed.normalize('NFKC').replace(/[^0-9]/g, '');
  const matches = [masterSecret, ...previousSecrets].map((secret) =>
    equalInConstantTime(hashUnder(secret, { id, code }), codeHash),
  );
  return matches.includes(true);
}
