// A row as an account that could be made: every value in its canonical form, or all that is wrong with it.

import { type CanonicalUsername, canonicalEmail, spelledUsername } from '../accounts/identifiers.ts';
import { canonicalDisplayName } from '../accounts/prepare-account.ts';
import { readHash } from '../accounts/stored-hashes/read-hash.ts';
import { isAccountId } from '../crypto/identifiers.ts';
import type { AttributeValue } from '../profiles/attribute-values.ts';
import type { ProfileClaims } from '../profiles/profile-claims.ts';
import { type Given, isTimestamp, type Read, readGiven } from './given.ts';
import { type ProfileRules, readProfile } from './incoming-profile.ts';
import type { AccountRecord } from './record.ts';

/** What is undefined, or no entry of a list, is not said. */
export interface Incoming {
  readonly line: number;
  readonly id: string | undefined;
  readonly email: { readonly address: string; readonly key: string };
  readonly emailVerified: boolean | undefined;
  readonly username: CanonicalUsername | undefined;
  readonly displayName: string | undefined;
  readonly language: string | undefined;
  /** As the other system wrote it. */
  readonly passwordHash: string | undefined;
  readonly status: 'active' | 'banned' | undefined;
  readonly statusReason: string | undefined;
  readonly createdAt: Date | undefined;
  readonly lastSignInAt: Date | undefined;
  readonly terms: { readonly version: string; readonly acceptedAt: Date } | undefined;
  readonly roles: readonly Given[];
  readonly groups: readonly Given[];
  readonly claims: ProfileClaims;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export type Check =
  | { readonly outcome: 'fine'; readonly incoming: Incoming }
  /** Sentences in English without their last dot. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** All that is wrong is said at once. Nothing is looked up. */
export function checkRecord(record: AccountRecord, line: number, rules: ProfileRules): Check {
  const problems: string[] = [];
  const take = <T>(field: string, reading: Read<T> | undefined): T | undefined => {
    if (reading === undefined || 'value' in reading) return reading?.value;
    problems.push(`${field}: ${reading.problem}`);
    return undefined;
  };
  const time = (field: 'created_at' | 'last_sign_in_at') =>
    take(
      field,
      ifStated(record[field], (stated) => readPast(stated, rules.now)),
    );
  const id = take('sub', ifStated(record.sub, readId));
  const email = take('email', readEmail(record.email));
  const incoming = {
    line,
    id,
    emailVerified: record.email_verified,
    username: take('username', ifStated(record.username, readUsername)),
    displayName: take('name', ifStated(record.name, readName)),
    language: take('language', ifStated(record.language, readLanguage)),
    passwordHash: take('password_hash', ifStated(record.password_hash, readPasswordHash)),
    status: record.status,
    statusReason: take(
      'status_reason',
      ifStated(record.status_reason, (stated) => readLine(stated, 500)),
    ),
    createdAt: time('created_at'),
    lastSignInAt: time('last_sign_in_at'),
    terms: take('terms_version, terms_accepted_at', readTerms(record, rules.now)),
    roles: take('roles', readGiven(record.roles ?? [], 'role', rules)) ?? [],
    groups: take('groups', readGiven(record.groups ?? [], 'group', rules)) ?? [],
    ...readProfile(record, take, rules),
  };
  return email === undefined || problems.length > 0
    ? { outcome: 'invalid', problems }
    : { outcome: 'fine', incoming: { ...incoming, email } };
}

/** An empty text says nothing. */
const ifStated = <T>(stated: string | undefined, read: (stated: string) => Read<T>): Read<T> | undefined =>
  stated === undefined || stated.trim() === '' ? undefined : read(stated);

function readEmail(stated: string): Read<{ address: string; key: string }> {
  const value = canonicalEmail(stated);
  return value === undefined ? { problem: `${JSON.stringify(stated)} is no e-mail address` } : { value };
}

/** What commands read as something else, and what addresses of pages are made of. */
const NO_IDS: ReadonlySet<string> = new Set('new me self create invite import export null undefined'.split(' '));

function readId(stated: string): Read<string> {
  if (NO_IDS.has(stated.toLowerCase()) || stated.startsWith('id:')) return { problem: 'is reserved' };
  return isAccountId(stated)
    ? { value: stated }
    : { problem: 'expected 1 to 255 letters (a to z), digits or . _ ~ : @ | = -, beginning with a letter or digit' };
}

/** Whoever has a name keeps it, also where nobody could choose it here. */
function readUsername(stated: string): Read<CanonicalUsername> {
  const value = spelledUsername(stated);
  return value === undefined
    ? { problem: 'expected 3 to 32 letters (a to z), digits, dots, dashes or underscores, beginning with a letter' }
    : { value };
}

function readName(stated: string): Read<string> {
  const value = canonicalDisplayName(stated);
  return value === undefined ? { problem: 'expected 1 to 100 visible characters' } : { value };
}

function readLine(stated: string, most: number): Read<string> {
  const value = stated.trim();
  return [...value].length > most || /[\p{Cc}\p{Cs}]/u.test(value)
    ? { problem: `expected one line of at most ${most} characters` }
    : { value };
}

function readLanguage(stated: string): Read<string> {
  try {
    const [value] = stated.length > 35 ? [] : Intl.getCanonicalLocales(stated.trim().replaceAll('_', '-'));
    return value === undefined ? { problem: NO_LANGUAGE } : { value };
  } catch {
    return { problem: NO_LANGUAGE };
  }
}

const NO_LANGUAGE = 'expected a language tag such as en or de-AT';

/** Never with what was stated: it may be a password. `!` is how Django says that there is none. */
function readPasswordHash(stated: string): Read<string | undefined> {
  if (stated.startsWith('!')) return { value: undefined };
  const reading = readHash(stated.trim());
  return reading.outcome === 'readable' ? { value: stated.trim() } : { problem: reading.reason };
}

/** Both or neither. */
function readTerms(
  { terms_version: version = '', terms_accepted_at: acceptedAt = '' }: AccountRecord,
  now: Date,
): Read<{ version: string; acceptedAt: Date }> | undefined {
  if (version.trim() === '' && acceptedAt.trim() === '') return undefined;
  if (version.trim() === '' || acceptedAt.trim() === '') return { problem: 'one goes only with the other' };
  const [read, at] = [readLine(version, 100), readPast(acceptedAt, now)];
  if ('problem' in read) return read;
  return 'problem' in at ? at : { value: { version: read.value, acceptedAt: at.value } };
}

function readPast(stated: string, now: Date): Read<Date> {
  const text = stated.trim();
  if (!isTimestamp(text)) return { problem: `${JSON.stringify(text)} is no time such as 2024-02-29T12:00:00Z` };
  const value = new Date(text);
  return value > now || value.getUTCFullYear() < 1970 ? { problem: 'is in the future, or before 1970' } : { value };
}
