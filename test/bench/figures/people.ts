// Accounts as they are after some time: with a name, a role of their own and one through a group. All have one password,
// hashed once.

import { sql } from 'kysely';
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { PASSWORD } from '../../support/start-server.ts';

export async function addPeople(url: string, count: number): Promise<void> {
  const hash = await createPasswordHasher({ parallel: 1, queue: 1 }).hash(PASSWORD);
  const database = await openDatabase({ url, dataDir: '', poolSize: 1 });
  const { db } = database;
  await sql`insert into accounts (id, email, email_key, email_verified_at, display_name, status, password_hash, created_at, updated_at)
    select gen_random_uuid()::text, 'person-' || i || '@example.test', 'person-' || i || '@example.test', now(), 'Person ' || i, 'active',
      ${hash}, now(), now() from generate_series(0, ${sql.lit(count - 1)}) as i`.execute(db);
  await sql`insert into roles (name, description) values ('guest', 'Reads'), ('clerk', 'Edits') on conflict do nothing`.execute(
    db,
  );
  await sql`insert into groups (name, description) values ('staff', 'Everybody') on conflict do nothing`.execute(db);
  await sql`insert into group_roles (group_name, role) values ('staff', 'clerk') on conflict do nothing`.execute(db);
  await sql`insert into role_assignments (account_id, role) select id, 'guest' from accounts where email like 'person-%'`.execute(
    db,
  );
  await sql`insert into group_members (group_name, account_id) select 'staff', id from accounts where email like 'person-%'`.execute(
    db,
  );
  await database.close();
}
