// The form of a payout account: what was typed becomes an account, or problems by field.

export interface PayoutAccount {
  readonly holder: string;
  /** Without blanks, in capitals. */
  readonly iban: string;
}

export type PayoutProblems = { readonly [field in keyof PayoutAccount]?: string };

export type ReadPayoutAccount =
  | { readonly outcome: 'account'; readonly account: PayoutAccount }
  | { readonly outcome: 'invalid'; readonly problems: PayoutProblems };

const MAX_HOLDER_CHARACTERS = 70;

export const payoutFieldsIn = (form: URLSearchParams): PayoutAccount => ({
  holder: form.get('holder') ?? '',
  iban: form.get('iban') ?? '',
});

/** The API checks again. Here it is for the person, who shall not confirm who they are for a slip of the finger. */
export function readPayoutAccount(fields: PayoutAccount): ReadPayoutAccount {
  const holder = fields.holder.trim();
  const iban = fields.iban.replaceAll(/\s/g, '').toUpperCase();
  const problems: PayoutProblems = {
    ...(holder === '' && { holder: 'Say whose account it is.' }),
    ...(holder.length > MAX_HOLDER_CHARACTERS && { holder: `Keep it to ${MAX_HOLDER_CHARACTERS} characters.` }),
    ...(/\p{Cc}/u.test(holder) && { holder: 'Write the name in one line.' }),
    ...(!hasRightCheckDigits(iban) && { iban: 'This is no IBAN: a character is missing or wrong.' }),
  };
  if (Object.keys(problems).length > 0) return { outcome: 'invalid', problems };
  return { outcome: 'account', account: { holder, iban } };
}

/** In groups of four, as it stands on bank cards. */
export const grouped = (iban: string): string => iban.replaceAll(/(.{4})(?=.)/g, '$1 ');

/** ISO 13616: four characters to the end, letters become numbers, and the remainder by 97 is 1. */
function hasRightCheckDigits(iban: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const moved = `${iban.slice(4)}${iban.slice(0, 4)}`;
  return BigInt(moved.replaceAll(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)))) % 97n === 1n;
}
