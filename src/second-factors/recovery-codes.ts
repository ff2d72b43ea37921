// Owns table recovery_codes: codes for the day the phone is gone, each good for one sign-in.
import { randomBytes } from 'node:crypto';
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';

const CODES_PER_SET = 10;
/** So many, or fewer, are soon none: pages say that it is time for new ones. */
export const FEW_CODES = 3;
/** 80 bits; SP 800-63B-4 section 4.2.1.1 asks for 64. Fewer than 112, so argon2id and not SHA-256 (ASVS 6.5.2). */
const CODE_BYTES = 10;
const CODE_LENGTH = 16;
/** One salt per set: a try is one hash, however many codes are left. */
const SALT_BYTES = 16;
/** RFC 4648 section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export interface RecoveryCodeSet {
  /** As shown to the person: four groups of four, joined by dashes. */
  readonly codes: readonly string[];
  readonly hashes: readonly string[];
  readonly salt: string;
}

/** Hashes one after the other, so that a set never fills the hasher's queue. @throws Refusal `busy` (503) */
export async function newRecoveryCodes(hasher: PasswordHasher): Promise<RecoveryCodeSet> {
  const salt = randomBytes(SALT_BYTES);
  const codes = Array.from({ length: CODES_PER_SET }, newCode);
  const hashes: string[] = [];
  for (const code of codes) hashes.push(await hasher.hashWithSalt(code, salt));
  return { codes: codes.map(inGroupsOfFour), hashes, salt: salt.toString('base64url') };
}

/** The code out of what was typed, blanks, dashes and capitals aside; undefined when it is no recovery code. */
export function recoveryCodeFrom(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const code = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '');
  // Three digits that the alphabet leaves out because they are read for letters.
  const read = code.replaceAll('0', 'O').replaceAll('1', 'I').replaceAll('8', 'B');
  return read.length === CODE_LENGTH && /^[A-Z2-7]+$/.test(read) ? read : undefined;
}

/** Puts the set in place of the one before, of which no code works any longer. */
export async function replaceRecoveryCodes(
  { db, clock }: { db: Db; clock: Clock },
  accountId: string,
  { hashes, salt }: RecoveryCodeSet,
): Promise<void> {
  await deleteRecoveryCodes(db, accountId);
  const created = databaseNow(clock);
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ account_id: accountId, code_hash: hash, salt, created_at: created })))
    .execute();
}

/**
 * What a code of the account's set is stored as; undefined where there is no set. `code` comes from `recoveryCodeFrom`.
 * @throws Refusal `busy` (503)
 */
export async function hashRecoveryCode(
  { db, hasher }: { db: Db; hasher: PasswordHasher },
  accountId: string,
  code: string,
): Promise<string | undefined> {
  const set = await db
    .selectFrom('recovery_codes')
    .select('salt')
    .where('account_id', '=', accountId)
    .limit(1)
    .executeTakeFirst();
  return set && hasher.hashWithSalt(code, Buffer.from(set.salt, 'base64url'));
}

/** Deletes the code in the statement that checks it, so that it works once. */
export async function spendRecoveryCode(
  db: Db,
  { accountId, hash }: { accountId: string; hash: string },
): Promise<boolean> {
  const spent = await db
    .deleteFrom('recovery_codes')
    .where('account_id', '=', accountId)
    .where('code_hash', '=', hash)
    .returning('account_id')
    .executeTakeFirst();
  return spent !== undefined;
}

/** What is left of the set, and since when there is one; undefined without one, or once all are used. */
export async function findRecoveryCodeSet(
  db: Db,
  accountId: string,
): Promise<{ readonly left: number; readonly madeAt: Date } | undefined> {
  const row = await db
    .selectFrom('recovery_codes')
    .select(({ fn }) => [fn.countAll().as('left'), fn.max('created_at').as('made_at')])
    .where('account_id', '=', accountId)
    .groupBy('account_id')
    .executeTakeFirst();
  return row && { left: Number(row.left), madeAt: row.made_at };
}

export async function countRecoveryCodes(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('recovery_codes')
    .select(({ fn }) => fn.countAll().as('left'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return Number(row?.left ?? 0);
}

export async function deleteRecoveryCodes(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
}

function newCode(): string {
  let bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  let code = '';
  for (let i = 0; i < CODE_LENGTH; i += 1) {
    code += BASE32[Number(bits & 31n)];
    bits >>= 5n;
  }
  return code;
}

const inGroupsOfFour = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-');
