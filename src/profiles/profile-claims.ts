// The standard claims that people fill in themselves (OpenID Connect Core section 5.1), and what each of them may be.
import type { MessageKey } from '../texts/messages.ts';

/** Members of the claim `address` (section 5.1.1); `formatted` is made of them. */
export const ADDRESS_MEMBERS = ['street_address', 'locality', 'region', 'postal_code', 'country'] as const;

export const PROFILE_CLAIMS = [
  'given_name',
  'middle_name',
  'family_name',
  'nickname',
  'gender',
  'birthdate',
  'locale',
  'zoneinfo',
  'profile',
  'picture',
  'website',
  'phone_number',
  ...ADDRESS_MEMBERS,
] as const;

export type ProfileClaim = (typeof PROFILE_CLAIMS)[number];

export type ProfileClaims = Readonly<Partial<Record<ProfileClaim, string>>>;

/** What was typed as it is stored, or why it is not. */
export type Reading<T = string> =
  | { readonly value: T }
  | { readonly problem: MessageKey; readonly values?: Readonly<Record<string, string>> };

/** `typed` is not empty. */
export const readClaim = (claim: ProfileClaim, typed: string, today: Date): Reading => RULES[claim](typed, today);

type Rule = (typed: string, today: Date) => Reading;

/** Control characters, and the marks that turn the direction of the text around it. */
const UNDISPLAYABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

const lengthOf = (text: string): number => [...text].length;

export const lineUpTo =
  (most: number): Rule =>
  (typed) => {
    const value = typed.normalize('NFC').trim();
    return lengthOf(value) > most || UNDISPLAYABLE.test(value)
      ? { problem: 'profile.problem.line', values: { most: String(most) } }
      : { value };
  };

/** Section 5.1.1: a street address may have several lines. */
const linesUpTo =
  (most: number): Rule =>
  (typed) => {
    const lines = typed.normalize('NFC').split(/\r\n?|\n/);
    const value = lines.flatMap((line) => line.trim() || []).join('\n');
    return lengthOf(value) > most ||
      value.split('\n').length > 5 ||
      value.split('\n').some((line) => UNDISPLAYABLE.test(line))
      ? { problem: 'profile.problem.lines', values: { most: String(most) } }
      : { value };
  };

const LONGEST_ADDRESS = 500;

/** Apps show it as a link or an image: nothing but https, and no name or password in it. */
const webAddress: Rule = (typed) => {
  const url = URL.parse(typed.trim());
  const isFine =
    url?.protocol === 'https:' && url.username === '' && url.password === '' && url.href.length <= LONGEST_ADDRESS;
  return url !== null && isFine ? { value: url.href } : { problem: 'profile.problem.address' };
};

/** YYYY-MM-DD, 0000-MM-DD without the year, or YYYY alone; a day that there is, and not one to come. */
const birthdate: Rule = (typed, today) => {
  const [, year = '', rest] = /^(\d{4})(-\d{2}-\d{2})?$/.exec(typed.trim()) ?? [];
  // A leap year, for who was born on 29 February and does not say when.
  const date = Date.parse(`${year === '0000' ? '2000' : year}${rest ?? '-01-01'}T00:00:00Z`);
  const isDay = !Number.isNaN(date) && (rest === undefined || new Date(date).toISOString().slice(4, 10) === rest);
  const isPast = year === '0000' ? rest !== undefined : Number(year) >= 1850 && date <= today.getTime();
  return isDay && isPast ? { value: `${year}${rest ?? ''}` } : { problem: 'profile.problem.birthdate' };
};

/** IANA names, as this Node knows them. */
export const TIME_ZONES: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
];

const timeZone: Rule = (typed) =>
  TIME_ZONES.includes(typed.trim()) ? { value: typed.trim() } : { problem: 'profile.problem.zoneinfo' };

/** BCP 47, in its canonical spelling. */
const languageTag: Rule = (typed) => {
  // Section 5.1: some write an underscore.
  const tag = typed.trim().replaceAll('_', '-');
  if (tag.length > 35) return { problem: 'profile.problem.locale' };
  try {
    const [value] = Intl.getCanonicalLocales(tag);
    return value === undefined ? { problem: 'profile.problem.locale' } : { value };
  } catch {
    return { problem: 'profile.problem.locale' };
  }
};

/** E.164: a plus and 7 to 15 digits; blanks and the usual marks between them are taken away. */
const phoneNumber: Rule = (typed) => {
  const value = typed.trim().replaceAll(/[\s().\u00a0\u2011/-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(value) ? { value } : { problem: 'profile.problem.phone_number' };
};

const RULES: Readonly<Record<ProfileClaim, Rule>> = {
  given_name: lineUpTo(100),
  middle_name: lineUpTo(100),
  family_name: lineUpTo(100),
  nickname: lineUpTo(100),
  gender: lineUpTo(40),
  birthdate,
  locale: languageTag,
  zoneinfo: timeZone,
  profile: webAddress,
  picture: webAddress,
  website: webAddress,
  phone_number: phoneNumber,
  street_address: linesUpTo(200),
  locality: lineUpTo(100),
  region: lineUpTo(100),
  postal_code: lineUpTo(20),
  country: lineUpTo(100),
};
