// What somebody has now: roles given directly and through groups, with all that these include, and what they permit.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import { isProductPermission, PRODUCT_RESOURCE, type ProductPermission } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Where a role counts; neither: everywhere. */
export interface RoleScope {
  /** The only client that sees it. */
  readonly clientId: string | undefined;
  /** The only audience whose tokens have it. */
  readonly resource: string | undefined;
}

export interface HeldRole extends RoleScope {
  readonly name: string;
}

export interface Held {
  /** Sorted by name, by code point: the same on every database. Of every scope. */
  readonly scoped: readonly HeldRole[];
  /** Their names. */
  readonly roles: readonly string[];
  /** Sorted likewise. */
  readonly groups: readonly string[];
  /** True if one of the roles demands a second factor. */
  readonly requireSecondFactor: boolean;
}

/** What a statement over `held` and `member` answers with. */
export interface HeldRow {
  readonly kind: string;
  readonly name: string | null;
  readonly mfa: 'optional' | 'required' | null;
  readonly client_id: string | null;
  readonly resource: string | null;
}

/**
 * Of an account, in one statement. What has expired, or is declared no longer, is not held; nor is what only such a role
 * includes.
 */
export async function heldRoles({ db, clock }: Deps, accountId: string): Promise<Held> {
  const { rows } = await sql<HeldRow>`
    with recursive ${heldByAccount(clock, accountId)}
    select 'role' as kind, role as name, mfa, client_id, resource from held
    union all select 'group', name, null, null, null from member`.execute(db);
  return heldFrom(rows);
}

/**
 * Common table expressions for `with recursive`: `member` (name), `given` (role) and `held` (role, mfa, client_id,
 * resource). `lateral … offset 0`: what somebody holds is looked up piece by piece. A join would be planned once for
 * anybody, and reads every role, group and permission that there is.
 */
export function heldByAccount(clock: Clock, accountId: string): RawBuilder<unknown> {
  const now = databaseNow(clock);
  return sql`member(name) as (
      select known.name from group_members m
      cross join lateral (select g.name from groups g where g.name = m.group_name and g.gone_at is null offset 0) as known
      where m.account_id = ${accountId} and (m.expires_at is null or m.expires_at > ${now})
    ), given(role) as (
      select role from role_assignments
      where account_id = ${accountId} and (expires_at is null or expires_at > ${now})
      union select brought.role from member
        cross join lateral (select gr.role from group_roles gr where gr.group_name = member.name offset 0) as brought
    ), ${HELD_OF_GIVEN}`;
}

const roleNamed = (column: string) =>
  sql`select name, mfa, client_id, resource from roles where name = ${sql.ref(column)} and gone_at is null offset 0`;

/** Of `given` (role): what is not gone, with all that it includes. */
export const HELD_OF_GIVEN = sql`held(role, mfa, client_id, resource) as (
      select r.name, r.mfa, r.client_id, r.resource from given cross join lateral (${roleNamed('given.role')}) as r
      union select r.name, r.mfa, r.client_id, r.resource from held cross join lateral
        (select i.includes from role_includes i where i.role = held.role offset 0) as i
        cross join lateral (${roleNamed('i.includes')}) as r
    )`;

/** The same for roles that are given by name, as a client file gives them to a service client. */
export async function withIncluded(db: Db, names: readonly string[]): Promise<Held> {
  if (names.length === 0) return NOTHING_HELD;
  const { rows } = await sql<HeldRow>`
    with recursive given(role) as (select unnest(${sql.val([...names])}::text[])), ${HELD_OF_GIVEN}
    select 'role' as kind, role as name, mfa, client_id, resource from held`.execute(db);
  return heldFrom(rows);
}

export const NOTHING_HELD: Held = { scoped: [], roles: [], groups: [], requireSecondFactor: false };

export function heldFrom(rows: readonly HeldRow[]): Held {
  const scoped = rows
    .filter(({ kind }) => kind === 'role')
    .map((row) => ({ name: row.name ?? '', clientId: row.client_id ?? undefined, resource: row.resource ?? undefined }))
    .sort((a, b) => byCodePoint(a.name, b.name));
  return {
    scoped,
    roles: scoped.map(({ name }) => name),
    groups: rows.flatMap(({ kind, name }) => (kind === 'group' && name !== null ? [name] : [])).sort(byCodePoint),
    requireSecondFactor: rows.some(({ mfa }) => mfa === 'required'),
  };
}

export const rolesOf = async (deps: Deps, accountId: string): Promise<readonly string[]> =>
  (await heldRoles(deps, accountId)).roles;

/** What an account may do in administering this very server; of an administrator, one at least. */
export async function productPermissionsOf(deps: Deps, accountId: string): Promise<readonly ProductPermission[]> {
  const roles = await rolesOf(deps, accountId);
  return (await permissionsOf(deps.db, { roles, resource: PRODUCT_RESOURCE })).filter(isProductPermission);
}

/** What roles permit at one resource (an audience, a client_id, `gatehouse`), sorted. `roles` as they are held: with all that they include. */
export async function permissionsOf(
  db: Db,
  { roles, resource }: { roles: readonly string[]; resource: string },
): Promise<readonly string[]> {
  if (roles.length === 0) return [];
  const rows = await db
    .selectFrom('role_permissions')
    .innerJoin('permissions', (join) =>
      join
        .onRef('permissions.resource', '=', 'role_permissions.resource')
        .onRef('permissions.name', '=', 'role_permissions.permission'),
    )
    .select('permissions.name')
    .distinct()
    .where('role_permissions.role', 'in', roles)
    .where('role_permissions.resource', '=', resource)
    .where('permissions.gone_at', 'is', null)
    .execute();
  return rows.map(({ name }) => name).sort(byCodePoint);
}
