// What a row of an import says, and what a line of an export is: one account, in the words of tokens and of `user show`.
import { z } from 'zod';
import { didYouMean } from '../config/did-you-mean.ts';
import { PROFILE_CLAIMS } from '../profiles/profile-claims.ts';

const text = z.string().max(4096);
/** A role or group: its name, or `name until 2027-01-31T00:00:00Z`. */
const given = z.array(z.string().max(200)).max(200);
const attribute = z.union([text, z.number(), z.boolean(), z.array(text).max(100)]);

const record = z.strictObject({
  sub: text.optional(),
  email: text,
  email_verified: z.boolean().optional(),
  username: text.optional(),
  name: text.optional(),
  language: text.optional(),
  password_hash: text.optional(),
  status: z.enum(['active', 'banned']).optional(),
  status_reason: text.optional(),
  created_at: text.optional(),
  last_sign_in_at: text.optional(),
  terms_version: text.optional(),
  terms_accepted_at: text.optional(),
  roles: given.optional(),
  groups: given.optional(),
  profile: z.strictObject(Object.fromEntries(PROFILE_CLAIMS.map((claim) => [claim, text.optional()]))).optional(),
  attributes: z.record(z.string().max(100), attribute).optional(),
});

export type AccountRecord = z.infer<typeof record>;
export type GivenAttribute = z.infer<typeof attribute>;

export const RECORD_FIELDS = Object.keys(record.shape) as readonly (keyof AccountRecord)[];

export type RecordReading =
  | { readonly outcome: 'read'; readonly record: AccountRecord }
  /** Sentences in English without their last dot. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** What is null, as exports of other systems have it, is not there. */
export function readRecord(value: unknown): RecordReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { outcome: 'invalid', problems: ['is no JSON object'] };
  }
  const stated = Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
  const parsed = record.safeParse(stated);
  if (parsed.success) return { outcome: 'read', record: parsed.data };
  return { outcome: 'invalid', problems: parsed.error.issues.flatMap(sentences) };
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = place === 'profile' ? PROFILE_CLAIMS : RECORD_FIELDS;
    return issue.keys.map((key) => `${pathTo(place, key)}: no such field${didYouMean(key, known)}`);
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined && place === 'email';
  return [isMissing ? 'email: is missing' : `${place}: ${decapitalised(issue.message)}`];
}

const pathTo = (place: string, key: string): string => JSON.stringify(place === '' ? key : `${place}.${key}`);

const decapitalised = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);
