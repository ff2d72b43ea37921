// What stored hashes are written with: numbers, base64 in its spellings, hexadecimal; and how two tags are compared.
import { timingSafeEqual } from 'node:crypto';

/** What a stored hash can do, or why it is not taken, as the rest of a sentence. */
export type HashReading =
  | { readonly outcome: 'readable'; matches(password: string): Promise<boolean> }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Undefined for what is not written in its way. */
export type HashReader = (stored: string) => HashReading | undefined;

export const refused = (reason: string): HashReading => ({ outcome: 'refused', reason });

/** A shorter tag would be met by passwords that nobody has chosen. */
export const SHORTEST_TAG_BYTES = 16;
export const LONGEST_TAG_BYTES = 64;
const LONGEST_SALT_BYTES = 128;

/** Padding or none; `.` for `+`, as passlib writes it. Undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll('.', '+').replace(/={1,2}$/, '');
  return /^[A-Za-z0-9+/]+$/.test(plain) && plain.length % 4 !== 1 ? Buffer.from(plain, 'base64') : undefined;
}

export const decodeHex = (text: string): Buffer | undefined =>
  /^(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : undefined;

export interface Salted {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** `tagBytes`: how long it has to be, where that is known. */
export function salted(
  salt: Buffer | undefined,
  tag: Buffer | undefined,
  tagBytes?: number,
): Salted | { readonly problem: string } {
  if (salt === undefined || salt.length > LONGEST_SALT_BYTES) return { problem: 'its salt cannot be read' };
  if (tag === undefined) return { problem: 'its last part cannot be read' };
  const [least, most] = tagBytes === undefined ? [SHORTEST_TAG_BYTES, LONGEST_TAG_BYTES] : [tagBytes, tagBytes];
  if (tag.length >= least && tag.length <= most) return { salt, tag };
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  return { problem: `its last part has ${tag.length} bytes, where ${expected} are expected` };
}

export const sameTag = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);
