// Changes what an account says of its owner: the name, standard claims, attributes. What is not named stays.
import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../accounts/account.ts';
import { findAccount, setDisplayName } from '../accounts/accounts.ts';
import { canonicalDisplayName } from '../accounts/prepare-account.ts';
import { type Actor, type AuditDeps, type DetailValue, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Attribute } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import type { MessageKey } from '../texts/messages.ts';
import { readAttribute } from './attribute-values.ts';
import { type ProfileClaim, type Reading, readClaim } from './profile-claims.ts';
import { lockProfile, type Profile, storeProfile } from './profiles.ts';

/** As typed; an empty text takes away what was there. */
export interface ProfileChange {
  readonly name?: string | undefined;
  readonly claims?: Readonly<Partial<Record<ProfileClaim, string>>>;
  /** By name. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Editing {
  readonly accountId: string;
  /** A person may change fewer attributes than an operator. */
  readonly as: Attribute['edit'];
  readonly actor?: Actor | undefined;
  readonly source?: Source | undefined;
}

export interface ProfileProblem {
  /** `name`, a claim, or the name of an attribute. */
  readonly field: string;
  readonly problem: MessageKey;
  readonly values: Readonly<Record<string, string>>;
}

export type ProfileOutcome =
  /** Names of the fields that are other than before; none of them where nothing was. */
  | { readonly outcome: 'changed'; readonly fields: readonly string[] }
  /** All of them; nothing was changed. */
  | { readonly outcome: 'invalid'; readonly problems: readonly ProfileProblem[] }
  | { readonly outcome: 'unknown_account' };

interface Deps extends AuditDeps {
  readonly config: { readonly attributes: ReadonlyMap<string, Attribute> };
}

export async function changeProfile(deps: Deps, editing: Editing, change: ProfileChange): Promise<ProfileOutcome> {
  const read = readChange(deps, editing, change);
  if (read.problems.length > 0) return { outcome: 'invalid', problems: read.problems };
  const { accountId, actor, source } = editing;
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const account = await findAccount(tx, accountId);
    if (account === undefined) return { outcome: 'unknown_account' };
    const before = await lockProfile(inside, accountId);
    const fields = [
      ...('name' in read && read.name !== account.displayName ? ['name'] : []),
      ...differing(before.claims, read.claims),
      ...differing(before.attributes, read.attributes),
    ];
    if (fields.length === 0) return { outcome: 'changed', fields };
    await store(inside, { account, before, read });
    const details = isOwn(editing) ? { fields } : { fields, ...asItWasAndIs({ account, before, read }, fields) };
    await recordEvent(inside, { event: 'profile.changed', accountId, actor, source, details });
    return { outcome: 'changed', fields };
  });
}

/** Undefined: to be taken away. */
interface ReadChange {
  /** Only there where it is to be changed. */
  readonly name?: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly problems: readonly ProfileProblem[];
}

function readChange({ clock, config }: Deps, { as }: Editing, change: ProfileChange): ReadChange {
  const problems: ProfileProblem[] = [];
  const take = (field: string, reading: Reading<unknown>) => {
    if ('value' in reading) return [field, isEmpty(reading.value) ? undefined : reading.value] as const;
    problems.push({ field, problem: reading.problem, values: reading.values ?? {} });
    return [field, undefined] as const;
  };
  const claims = Object.entries(change.claims ?? {}).map(([claim, typed]) =>
    take(claim, isBlank(typed) ? NOTHING : readClaim(claim as ProfileClaim, typed, clock.now())),
  );
  const attributes = Object.entries(change.attributes ?? {}).map(([name, typed]) =>
    take(name, readDeclared(config.attributes.get(name), { as, typed })),
  );
  const name = change.name === undefined ? {} : { name: take('name', readName(change.name))[1] as string | undefined };
  return { ...name, claims: Object.fromEntries(claims), attributes: Object.fromEntries(attributes), problems };
}

const NOTHING = { value: undefined };

const isBlank = (typed: string | undefined): boolean => typed === undefined || typed.trim() === '';

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);

function readName(typed: string): Reading<string | undefined> {
  if (isBlank(typed)) return NOTHING;
  const value = canonicalDisplayName(typed);
  return value === undefined ? { problem: 'profile.problem.line', values: { most: '100' } } : { value };
}

function readDeclared(
  attribute: Attribute | undefined,
  { as, typed }: { as: Attribute['edit']; typed: string },
): Reading<unknown> {
  if (attribute === undefined) return { problem: 'profile.problem.unknown' };
  if (as === 'user' && attribute.edit !== 'user') return { problem: 'profile.problem.not_yours' };
  if (!isBlank(typed)) return readAttribute(attribute, typed);
  return attribute.required ? { problem: 'profile.problem.required' } : NOTHING;
}

const differing = (before: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(wanted).filter((name) => !isDeepStrictEqual(before[name], wanted[name]));

/** What people do to their own profile is theirs: the log says which fields, not what stood there. */
const isOwn = ({ accountId, actor = `account:${accountId}` }: Editing): boolean => actor === `account:${accountId}`;

function asItWasAndIs(
  { account, before, read }: { account: Account; before: Profile; read: ReadChange },
  fields: readonly string[],
) {
  const was = { ...before.attributes, ...before.claims, name: account.displayName };
  const is = { ...read.attributes, ...read.claims, ...('name' in read ? { name: read.name } : {}) };
  return { before: named(was, fields), after: named(is, fields) };
}

/** Null for what is not there. */
const named = (values: Readonly<Record<string, unknown>>, fields: readonly string[]) =>
  Object.fromEntries(fields.map((field) => [field, (values[field] ?? null) as DetailValue]));

async function store(
  deps: Deps,
  { account, before, read }: { account: Account; before: Profile; read: ReadChange },
): Promise<void> {
  await storeProfile(deps, account.id, {
    claims: { ...before.claims, ...read.claims },
    attributes: { ...before.attributes, ...read.attributes },
  });
  // Also where the name is the same: apps are told when something of the profile was last changed.
  await setDisplayName(deps, {
    accountId: account.id,
    displayName: 'name' in read ? read.name : account.displayName,
  });
}
