// References of errors: short enough to be read out on the phone, too many to be guessed one after another.
import { randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U, so nothing is mistaken for a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 50 random bits: they open nothing, and are looked up by operators only. */
const CHARACTERS = 10;
const GROUP = 5;

/** `K7QF2-M9XTB` */
export function newReference(): string {
  // 256 is a multiple of 32, so every character is as likely as any other.
  return grouped([...randomBytes(CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join(''));
}

/** As it was given out, from however somebody typed it; undefined for what cannot be one. */
export function parseReference(typed: string): string | undefined {
  const plain = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0');
  const isOne = plain.length === CHARACTERS && [...plain].every((character) => ALPHABET.includes(character));
  return isOne ? grouped(plain) : undefined;
}

const grouped = (plain: string): string => `${plain.slice(0, GROUP)}-${plain.slice(GROUP)}`;
