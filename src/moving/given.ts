// Roles and groups of a row: names that there are, for good or until a day.
import { sql } from 'kysely';
import { didYouMean } from '../config/did-you-mean.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import { PRODUCT_ROLE_PREFIX } from '../config/roles/role-names.ts';
import type { Db } from '../database/database.ts';

export interface Given {
  readonly name: string;
  /** Undefined: for good. */
  readonly expiresAt: Date | undefined;
}

export interface KnownNames {
  readonly role: ReadonlySet<string>;
  readonly group: ReadonlySet<string>;
  /** Those that are, or lead to, a role of the product itself or one that carries its permissions. */
  readonly administrative: { readonly role: ReadonlySet<string>; readonly group: ReadonlySet<string> };
  /** Whether such may be given. */
  readonly mayAdminister: boolean;
}

/** As they are now, without what is declared no longer. */
export async function findKnownNames(db: Db, mayAdminister: boolean): Promise<KnownNames> {
  const { rows } = await sql<{ kind: 'role' | 'group'; name: string; administrative: boolean }>`
    with recursive reaches(role) as (
      select name from roles where starts_with(name, ${PRODUCT_ROLE_PREFIX})
      union select role from role_permissions where resource = ${PRODUCT_RESOURCE}
      union select i.role from role_includes i join reaches on reaches.role = i.includes
    )
    select 'role' as kind, name, exists (select from reaches where role = name) as administrative
    from roles where gone_at is null
    union all
    select 'group', name, exists (
      select from group_roles gr join reaches on reaches.role = gr.role where gr.group_name = name
    ) from groups where gone_at is null`.execute(db);
  const named = (kind: 'role' | 'group', only: boolean) =>
    new Set(rows.filter((row) => row.kind === kind && (!only || row.administrative)).map(({ name }) => name));
  return {
    role: named('role', false),
    group: named('group', false),
    administrative: { role: named('role', true), group: named('group', true) },
    mayAdminister,
  };
}

/** `name`, or `name until 2027-01-31T00:00:00Z`. */
const GIVEN = /^(\S+)(?: until (\S+))?$/;

export type Read<T> = { readonly value: T } | { readonly problem: string };

/** What has expired is left out, as if its day had come after the import. */
export function readGiven(
  stated: readonly string[],
  kind: 'role' | 'group',
  { names, now }: { names: KnownNames; now: Date },
): Read<readonly Given[]> {
  const given = new Map<string, Given>();
  for (const entry of stated) {
    const [, name = entry, until] = GIVEN.exec(entry.trim()) ?? [];
    const problem = nameProblem(name, kind, names);
    if (problem !== undefined) return { problem };
    const expiresAt = until === undefined ? undefined : new Date(until);
    if (until !== undefined && !isTimestamp(until)) return { problem: `${JSON.stringify(until)} is no time` };
    if (expiresAt === undefined || expiresAt > now) given.set(name, { name, expiresAt });
  }
  return { value: [...given.values()] };
}

function nameProblem(name: string, kind: 'role' | 'group', names: KnownNames): string | undefined {
  if (!names[kind].has(name)) return `there is no ${kind} ${JSON.stringify(name)}${didYouMean(name, names[kind])}`;
  if (names.mayAdminister || !names.administrative[kind].has(name)) return undefined;
  return `${JSON.stringify(name)} makes an administrator of Gatehouse, which takes --allow-administrators`;
}

/** RFC 3339 with a zone; a day alone is its beginning in UTC. */
export const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/.test(text) &&
  !Number.isNaN(Date.parse(text));

/** As it is written: `given` of an export. */
export const writeGiven = ({ name, expiresAt }: Given): string =>
  expiresAt === undefined ? name : `${name} until ${expiresAt.toISOString()}`;
