// Whether a person may use an app: what its file demands of roles, groups and attributes. All that it states has to hold.

import type { Client } from '../../clients/client.ts';
import { meetsCondition } from '../../clients/rights/access-conditions.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { attributeValue } from '../../profiles/attribute-values.ts';
import { findProfile, type Profile } from '../../profiles/profiles.ts';
import type { Held } from '../../roles/held.ts';

export interface AccessDeps {
  readonly db: Db;
  readonly config: Pick<Config, 'attributes'>;
}

interface Person {
  readonly accountId: string;
  readonly held: Pick<Held, 'roles' | 'groups'>;
  /** Where it has been read already. */
  readonly profile?: Profile;
}

/** What the file says and the person does not meet; their own values are not told. */
export type UnmetRule =
  | { readonly rule: 'role'; readonly expected: readonly string[] }
  | { readonly rule: 'group'; readonly expected: readonly string[] }
  | { readonly rule: 'attribute'; readonly attribute: string; readonly expected: readonly string[] };

/** The first of the rules; undefined for who may use the app. Reads the profile only where a rule is about it. */
export async function unmetRule(deps: AccessDeps, client: Client, person: Person): Promise<UnmetRule | undefined> {
  const { requireAnyRole, requireAnyGroup, attributes } = client.access;
  const { roles, groups } = person.held;
  const isOneOf = (held: readonly string[], wanted: readonly string[]) =>
    wanted.length === 0 || wanted.some((each) => held.includes(each));
  if (!isOneOf(roles, requireAnyRole)) return { rule: 'role', expected: requireAnyRole };
  if (!isOneOf(groups, requireAnyGroup)) return { rule: 'group', expected: requireAnyGroup };
  return attributes.length === 0 ? undefined : unmetCondition(deps, client, person);
}

export const mayUse = async (deps: AccessDeps, client: Client, person: Person): Promise<boolean> =>
  (await unmetRule(deps, client, person)) === undefined;

/** An attribute that is not declared any longer is met by nobody. */
async function unmetCondition(
  { db, config }: AccessDeps,
  { access }: Client,
  { accountId, profile: read }: Person,
): Promise<UnmetRule | undefined> {
  const profile = read ?? (await findProfile(db, accountId));
  const unmet = access.attributes.find((condition) => {
    const declared = config.attributes.get(condition.name);
    const stored = Object.hasOwn(profile.attributes, condition.name) ? profile.attributes[condition.name] : undefined;
    return declared === undefined || !meetsCondition(condition, attributeValue(declared, stored));
  });
  return unmet && { rule: 'attribute', attribute: unmet.name, expected: unmet.values.map(String) };
}
