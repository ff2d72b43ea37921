// What somebody has now, and what that permits at some resources: all that tokens say of it, in one statement.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { byCodePoint } from '../config/roles/by-code-point.ts';
import type { Db } from '../database/database.ts';
import {
  HELD_OF_GIVEN,
  type Held,
  type HeldRow,
  heldByAccount,
  heldFrom,
  NOTHING_HELD,
  type RoleScope,
} from './held.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface Rights extends Held {
  /** At the resources that were asked about; one permission comes once for each role that carries it. */
  readonly permitted: readonly Permitted[];
  /** Those of them that have permissions at all, whoever has one. */
  readonly governed: ReadonlySet<string>;
}

export interface Permitted {
  readonly resource: string;
  readonly permission: string;
  /** Which carries it. */
  readonly role: string;
}

export const NO_RIGHTS: Rights = { ...NOTHING_HELD, permitted: [], governed: new Set() };

/** `resources`: audiences of APIs, and client_ids. */
export async function rightsOf(
  { db, clock }: Deps,
  { accountId, resources }: { accountId: string; resources: readonly string[] },
): Promise<Rights> {
  const { rows } = await sql<RightRow>`
    with recursive ${heldByAccount(clock, accountId)}
    ${rightRows(resources)}`.execute(db);
  return rightsFrom(rows);
}

/** Of `held` and `member`, where the account is read in the same statement. */
export const rightRows = (resources: readonly string[]): RawBuilder<RightRow> => sql<RightRow>`
    ${HELD_ROLES} union all select 'group', name, null, null, null, null from member
    ${permittedAt(resources)}`;

/**
 * Of a service client: the roles of its file (`assigned`), also those that no database knows, and those it was given
 * beside them.
 */
export async function rightsOfClient(
  { db }: Pick<Deps, 'db'>,
  { clientId, assigned, resources }: { clientId: string; assigned: readonly string[]; resources: readonly string[] },
): Promise<Rights> {
  const { rows } = await sql<RightRow>`
    with recursive given(role) as (
      select unnest(${sql.val([...assigned])}::text[])
      union select role from client_roles where client_id = ${clientId}
    ), ${HELD_OF_GIVEN}
    ${HELD_ROLES} union all select 'role', role, null, null, null, null from given
      where not exists (select from roles where name = given.role)
    ${permittedAt(resources)}`.execute(db);
  return rightsFrom(rows);
}

export interface RightRow extends HeldRow {
  readonly carrier: string | null;
}

const HELD_ROLES = sql`select 'role' as kind, role as name, mfa, client_id, resource, null as carrier from held`;

// `array_position`: of `= any` PostgreSQL thinks that short lists are cheaper, and plans the whole statement each time.
const permittedAt = (resources: readonly string[]) => sql`
    union all select 'permission', p.name, null, null, p.resource, held.role
      from held cross join lateral (select c.resource, c.permission from role_permissions c
        where c.role = held.role and array_position(${sql.val([...resources])}::text[], c.resource) is not null offset 0) as c
      cross join lateral (select p.name, p.resource from permissions p
        where p.resource = c.resource and p.name = c.permission and p.gone_at is null offset 0) as p
    union all select 'governed', null, null, null, asked.resource, null
      from unnest(${sql.val([...resources])}::text[]) as asked(resource)
      where (select true from permissions p where p.resource = asked.resource and p.gone_at is null limit 1)`;

export const rightsFrom = (rows: readonly RightRow[]): Rights => ({
  ...heldFrom(rows),
  permitted: rows.flatMap(({ kind, name, resource, carrier }) =>
    kind === 'permission' && name !== null && resource !== null && carrier !== null
      ? [{ resource, permission: name, role: carrier }]
      : [],
  ),
  governed: new Set(rows.flatMap(({ kind, resource }) => (kind === 'governed' && resource !== null ? [resource] : []))),
});

/** Where a token is read. */
export interface Place {
  readonly clientId: string;
  /** Of an access token; undefined for what the app itself reads. */
  readonly audience: string | undefined;
}

/** A role of a client counts only there, one of a resource only in access tokens for it. */
export const countsAt = ({ clientId, resource }: RoleScope, place: Place): boolean =>
  (clientId === undefined || clientId === place.clientId) && (resource === undefined || resource === place.audience);

/** Sorted, each once; undefined where nobody has given the resource of this place a permission. */
export function permissionsAt(rights: Rights, place: Place): readonly string[] | undefined {
  const resource = place.audience ?? place.clientId;
  if (!rights.governed.has(resource)) return undefined;
  const roles = new Set(rights.scoped.filter((role) => countsAt(role, place)).map(({ name }) => name));
  const permitted = rights.permitted.filter((each) => each.resource === resource && roles.has(each.role));
  return [...new Set(permitted.map(({ permission }) => permission))].sort(byCodePoint);
}
