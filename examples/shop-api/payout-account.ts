// The body of PUT /payout-account: JSON becomes an account, or problems by member.
import type { PayoutAccount } from './ledger.ts';

export type ReadAccount =
  | { readonly outcome: 'account'; readonly account: PayoutAccount }
  | { readonly outcome: 'invalid'; readonly errors: Readonly<Record<string, string>> };

const MAX_HOLDER_CHARACTERS = 70;
const EXPECTED = 'expected an object with holder and iban, and nothing else';

export function readPayoutAccount(body: unknown): ReadAccount {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { outcome: 'invalid', errors: { '': EXPECTED } };
  }
  const { holder, iban, ...unknown } = body as Record<string, unknown>;
  const account = { holder: text(holder).trim(), iban: text(iban).replaceAll(' ', '').toUpperCase() };
  const errors: Record<string, string> = {};
  if (!isName(account.holder)) errors['holder'] = `expected a name of at most ${MAX_HOLDER_CHARACTERS} characters`;
  if (!isIban(account.iban)) errors['iban'] = 'expected an IBAN whose check digits fit';
  if (Object.keys(unknown).length > 0) errors[''] = EXPECTED;
  return Object.keys(errors).length === 0 ? { outcome: 'account', account } : { outcome: 'invalid', errors };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const isName = (holder: string): boolean =>
  holder !== '' && holder.length <= MAX_HOLDER_CHARACTERS && !/\p{Cc}/u.test(holder);

/** ISO 13616: four characters to the end, letters become numbers, and the remainder by 97 is 1. */
function isIban(iban: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replaceAll(/[A-Z]/g, (letter) =>
    String(Number.parseInt(letter, 36)),
  );
  return BigInt(digits) % 97n === 1n;
}
