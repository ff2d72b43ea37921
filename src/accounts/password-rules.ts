// What a password must be (NIST SP 800-63B-4 section 3.1.1.2): long, not common, not just a name. Nothing else.
import type { AccountsConfig } from '../config/config.ts';
import { commonPasswords, type PasswordList } from './common-passwords.ts';

export interface PasswordRules {
  /** Code points. */
  readonly minLength: number;
  /** Code points. */
  readonly maxLength: number;
  /** Names a guesser would try first: of the product, of the person. */
  readonly contextWords: readonly string[];
  readonly commonPasswords: PasswordList;
}

/** Shorter words are part of too many others. */
const SHORTEST_CONTEXT_WORD = 3;

/** The rules of this server, without the names of the person; see `withPersonalWords`. Reads the list: call it once. */
export const passwordRulesFor = (accounts: AccountsConfig, productName = 'Gatehouse'): PasswordRules => ({
  minLength: accounts.mfa === 'required' ? accounts.passwordMinLengthWithSecondFactor : accounts.passwordMinLength,
  maxLength: accounts.passwordMaxLength,
  contextWords: ['gatehouse', productName],
  commonPasswords: commonPasswords(),
});

export interface PersonalNames {
  readonly email: string;
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
}

export const withPersonalWords = (rules: PasswordRules, names: PersonalNames): PasswordRules => ({
  ...rules,
  contextWords: [
    ...rules.contextWords,
    ...[names.email, names.username, names.displayName].filter((name) => name !== undefined),
  ],
});

/** What is wrong with a password. Pages have their own words for it, in every language. */
export type PasswordFlaw =
  | { readonly flaw: 'too_short'; readonly least: number; readonly length: number }
  | { readonly flaw: 'too_long'; readonly most: number }
  | { readonly flaw: 'common' }
  | { readonly flaw: 'mostly_names' };

/** Everything that is wrong with the password; empty when it is fine. */
export function passwordFlaws(password: string, rules: PasswordRules): PasswordFlaw[] {
  const tooLong: PasswordFlaw = { flaw: 'too_long', most: rules.maxLength };
  // Two UTF-16 units per code point at most: what is longer than this is too long without being looked at.
  if (password.length > rules.maxLength * 2) return [tooLong];
  const text = password.normalize('NFKC');
  const length = [...text].length;
  if (length > rules.maxLength) return [tooLong];
  const flaws: PasswordFlaw[] = [];
  if (length < rules.minLength) flaws.push({ flaw: 'too_short', least: rules.minLength, length });
  if (rules.commonPasswords.has(text.toLowerCase())) flaws.push({ flaw: 'common' });
  else if (isMostly(text.toLowerCase(), rules.contextWords)) flaws.push({ flaw: 'mostly_names' });
  return flaws;
}

/** The same as sentences in English, for the command line. */
export const checkPassword = (password: string, rules: PasswordRules): string[] =>
  passwordFlaws(password, rules).map(inWords);

export function inWords(flaw: PasswordFlaw): string {
  switch (flaw.flaw) {
    case 'too_short':
      return `Use at least ${flaw.least} characters; this password has ${flaw.length}.`;
    case 'too_long':
      return `Use at most ${flaw.most} characters.`;
    case 'common':
      return 'This password is on the list of common passwords that attackers try first. Choose another one.';
    case 'mostly_names':
      return 'This password is mostly your name, your e-mail address or the name of this service. Add other words.';
  }
}

/** Whether the names make up more than half of the text, wherever and however often they stand in it. */
function isMostly(text: string, names: readonly string[]): boolean {
  let rest = text;
  for (const word of wordsOf(names)) rest = rest.replaceAll(word, '\0'.repeat([...word].length));
  const characters = [...rest];
  return characters.filter((character) => character === '\0').length * 2 > characters.length;
}

/** Each name as a whole and in its parts, longest first, so that a part does not break up the whole. */
function wordsOf(names: readonly string[]): string[] {
  const words = names
    .map((name) => name.normalize('NFKC').toLowerCase())
    .flatMap((name) => [name, ...name.split(/[^\p{L}\p{M}\p{N}]+/u), name.replace(/[^\p{L}\p{M}\p{N}]+/gu, '')])
    .filter((word) => [...word].length >= SHORTEST_CONTEXT_WORD);
  return [...new Set(words)].sort((a, b) => b.length - a.length);
}
