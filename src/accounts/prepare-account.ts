// What a new account consists of, ready to be stored, or field by field why it will not do.
import type { NewAccount } from './account-row.ts';
import { canonicalEmail, canonicalUsername } from './identifiers.ts';
import type { PasswordHasher } from './password-hash.ts';
import { inWords, type PasswordFlaw, type PasswordRules, passwordFlaws, withPersonalWords } from './password-rules.ts';

export type AccountField = 'email' | 'username' | 'displayName' | 'password';

export interface FieldProblem {
  readonly field: AccountField;
  /** A sentence in English for the operator who filled the field in. */
  readonly message: string;
  /** What is wrong with a password, for pages that say it in their own words. */
  readonly flaw?: PasswordFlaw;
}

export interface AccountRequest {
  readonly email: string;
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
  /** Without one nobody can sign in until there is one. */
  readonly password?: string | undefined;
  readonly emailVerified: boolean;
  /** Lower case; besides those that are always reserved. */
  readonly reservedUsernames?: readonly string[];
}

export type AccountPreparation =
  | { outcome: 'prepared'; account: NewAccount }
  | { outcome: 'invalid'; problems: FieldProblem[] };

/** All problems are reported together. What is fine is not stored yet: its password is hashed. */
export async function prepareAccount(
  { hasher, rules }: { readonly hasher: PasswordHasher; readonly rules: PasswordRules },
  request: AccountRequest,
): Promise<AccountPreparation> {
  const check = checkAccount(rules, request);
  if (check.outcome === 'invalid') return check;
  const passwordHash = request.password === undefined ? undefined : await hasher.hash(request.password);
  return { outcome: 'prepared', account: { ...check.account, passwordHash } };
}

export type AccountCheck = { outcome: 'fine'; account: NewAccount } | { outcome: 'invalid'; problems: FieldProblem[] };

/** Whether all of it will do; nothing is hashed or looked up. */
export function checkAccount(rules: PasswordRules, request: AccountRequest): AccountCheck {
  const flaws =
    request.password === undefined ? [] : passwordFlaws(request.password, withPersonalWords(rules, request));
  const identity = checkIdentity(request);
  if (flaws.length === 0) return identity;
  const problems = flaws.map((flaw) => ({ field: 'password' as const, message: inWords(flaw), flaw }));
  return { outcome: 'invalid', problems: [...(identity.outcome === 'invalid' ? identity.problems : []), ...problems] };
}

/** The same without a password. */
export function checkIdentity(request: Omit<AccountRequest, 'password'>): AccountCheck {
  const { emailVerified, reservedUsernames } = request;
  const email = canonicalEmail(request.email);
  const username = request.username === undefined ? undefined : canonicalUsername(request.username, reservedUsernames);
  const displayName = request.displayName === undefined ? undefined : canonicalDisplayName(request.displayName);
  const problems = problemsOf(request, { email, username, displayName });
  if (email === undefined || problems.length > 0) return { outcome: 'invalid', problems };
  return { outcome: 'fine', account: { email, emailVerified, username, displayName, passwordHash: undefined } };
}

function problemsOf(
  request: Omit<AccountRequest, 'password'>,
  canonical: { email: unknown; username: unknown; displayName: unknown },
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (canonical.email === undefined) {
    problems.push({ field: 'email', message: 'This is not an e-mail address.' });
  }
  if (request.username !== undefined && canonical.username === undefined) {
    problems.push({ field: 'username', message: USERNAME_RULE });
  }
  if (request.displayName !== undefined && canonical.displayName === undefined) {
    problems.push({ field: 'displayName', message: DISPLAY_NAME_RULE });
  }
  return problems;
}

const USERNAME_RULE =
  'Use 3 to 32 letters (a to z), digits, dots, dashes or underscores, beginning with a letter. Some names are reserved.';
const DISPLAY_NAME_RULE = 'Use 1 to 100 visible characters.';

/** Control characters, and the marks that turn the direction of the text around the name. */
const UNDISPLAYABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** Undefined for what cannot be shown. */
export function canonicalDisplayName(input: string): string | undefined {
  const name = input.normalize('NFC').trim();
  const length = [...name].length;
  return length === 0 || length > 100 || UNDISPLAYABLE.test(name) ? undefined : name;
}
