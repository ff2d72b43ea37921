// Where a page of accounts ends: the place in its order, to go on from. Plain values, never a piece of a statement.
import { z } from 'zod';
import { ACCOUNT_SORTS } from './orders.ts';
import { isText } from './words.ts';

const text = z.string().max(1000).refine(isText);

const cursor = z.strictObject({
  by: z.enum(ACCOUNT_SORTS),
  key: text,
  id: text,
});

export type AccountCursor = z.infer<typeof cursor>;

export const writeAccountCursor = (place: AccountCursor): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Undefined for what this server has not written. */
export function readAccountCursor(given: unknown): AccountCursor | undefined {
  if (typeof given !== 'string' || given.length > 4000 || !/^[\w-]+$/.test(given)) return undefined;
  try {
    return cursor.parse(JSON.parse(Buffer.from(given, 'base64url').toString()));
  } catch {
    return undefined;
  }
}
