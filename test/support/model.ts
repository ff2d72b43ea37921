// Roles, permissions and groups as tests want them, put into the tables as they are.
import type { Db } from '../../src/database/database.ts';

interface Model {
  readonly roles?: Readonly<Record<string, RoleOf>>;
  /** Resource → names. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  /** Name → roles. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

interface RoleOf {
  readonly client?: string;
  readonly resource?: string;
  readonly includes?: readonly string[];
  /** `resource name`. */
  readonly permissions?: readonly string[];
}

export async function putModel(db: Db, { roles = {}, permissions = {}, groups = {} }: Model): Promise<void> {
  const nothingTwice = { description: '' };
  for (const [resource, names] of Object.entries(permissions)) {
    for (const name of names)
      await db
        .insertInto('permissions')
        .values({ resource, name, ...nothingTwice })
        .execute();
  }
  for (const [name, { client, resource }] of Object.entries(roles)) {
    const row = { name, client_id: client ?? null, resource: resource ?? null, ...nothingTwice };
    await db.insertInto('roles').values(row).execute();
  }
  for (const [role, { includes = [], permissions: carried = [] }] of Object.entries(roles)) {
    for (const each of includes) await db.insertInto('role_includes').values({ role, includes: each }).execute();
    for (const each of carried) {
      const [at = '', permission = ''] = each.split(' ');
      await db.insertInto('role_permissions').values({ role, resource: at, permission }).execute();
    }
  }
  for (const [name, given] of Object.entries(groups)) {
    await db
      .insertInto('groups')
      .values({ name, ...nothingTwice })
      .execute();
    for (const role of given) await db.insertInto('group_roles').values({ group_name: name, role }).execute();
  }
}

export const putIntoGroup = (db: Db, group: string, accountId: string, expiresAt: Date | null = null) =>
  db.insertInto('group_members').values({ group_name: group, account_id: accountId, expires_at: expiresAt }).execute();

export const takeOutOfGroup = (db: Db, group: string, accountId: string) =>
  db.deleteFrom('group_members').where('group_name', '=', group).where('account_id', '=', accountId).execute();
