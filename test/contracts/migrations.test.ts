// The migrations make the schema the code believes in, once, on both databases, and never change after they were merged.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Kysely, sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/database.ts';
import { migrate, requireFitting, schemaAge } from '../../src/database/migrator.ts';
import type { Database } from '../../src/database/schema.ts';
import { DatabaseNewerThanCode, DatabaseOfAnotherHistory } from '../../src/database/schema-age.ts';
import { type DatabaseKind, makeEmptyDatabase, openTestDatabase, postgresAvailable } from '../support/database.ts';

const kinds: DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];
const directory = path.join(import.meta.dirname, '../../migrations');
const names = readdirSync(directory)
  .map((file) => path.basename(file, '.ts'))
  .sort();

/** Every column with its PostgreSQL type. The compiler compares names and nullability with schema.ts, the test with the database. */
type Columns = {
  [Table in keyof Database]: {
    [Column in keyof Database[Table]]: null extends Database[Table][Column] ? `${string}?` : `${string}!`;
  };
};

const columns: Columns = {
  accounts: {
    id: 'text!',
    email: 'text!',
    email_key: 'text!',
    email_verified_at: 'timestamptz?',
    username: 'text?',
    username_key: 'text?',
    display_name: 'text?',
    language: 'text?',
    status: 'text!',
    status_reason: 'text?',
    delete_at: 'timestamptz?',
    password_hash: 'text?',
    password_changed_at: 'timestamptz?',
    created_at: 'timestamptz!',
    updated_at: 'timestamptz!',
    last_sign_in_at: 'timestamptz?',
    terms_version: 'text?',
    terms_accepted_at: 'timestamptz?',
  },
  totp_secrets: {
    id: 'text!',
    account_id: 'text!',
    name: 'text!',
    secret: 'text!',
    last_step: 'int8!',
    confirmed_at: 'timestamptz!',
    last_used_at: 'timestamptz?',
  },
  retired_ids: { id_hash: 'text!', retired_at: 'timestamptz!' },
  recovery_codes: { account_id: 'text!', code_hash: 'text!', salt: 'text!', created_at: 'timestamptz!' },
  permissions: {
    resource: 'text!',
    name: 'text!',
    description: 'text!',
    declared: 'bool!',
    gone_at: 'timestamptz?',
    created_at: 'timestamptz!',
    updated_at: 'timestamptz!',
  },
  roles: {
    name: 'text!',
    description: 'text!',
    mfa: 'text!',
    created_at: 'timestamptz!',
    ever_granted: 'bool!',
    client_id: 'text?',
    resource: 'text?',
    declared: 'bool!',
    gone_at: 'timestamptz?',
    updated_at: 'timestamptz!',
  },
  role_includes: { role: 'text!', includes: 'text!' },
  role_permissions: { role: 'text!', resource: 'text!', permission: 'text!' },
  role_assignments: { account_id: 'text!', role: 'text!', created_at: 'timestamptz!', expires_at: 'timestamptz?' },
  groups: {
    name: 'text!',
    description: 'text!',
    declared: 'bool!',
    gone_at: 'timestamptz?',
    created_at: 'timestamptz!',
    updated_at: 'timestamptz!',
  },
  group_roles: { group_name: 'text!', role: 'text!' },
  group_members: { group_name: 'text!', account_id: 'text!', created_at: 'timestamptz!', expires_at: 'timestamptz?' },
  client_roles: { client_id: 'text!', role: 'text!', declared: 'bool!', created_at: 'timestamptz!' },
  consents: {
    account_id: 'text!',
    client_id: 'text!',
    scopes: '_text!',
    resources: 'jsonb!',
    created_at: 'timestamptz!',
    updated_at: 'timestamptz!',
  },
  app_sign_in_days: { client_id: 'text!', day: 'timestamptz!', lane: 'int2!', count: 'int8!' },
  app_sign_ins: {
    account_id: 'text!',
    client_id: 'text!',
    first_at: 'timestamptz!',
    last_at: 'timestamptz!',
  },
  oidc_payloads: {
    model: 'text!',
    id: 'text!',
    payload: 'jsonb!',
    grant_id: 'text?',
    account_id: 'text?',
    client_id: 'text?',
    uid: 'text?',
    user_code: 'text?',
    created_at: 'timestamptz!',
    expires_at: 'timestamptz!',
    consumed_at: 'timestamptz?',
    destroyed_at: 'timestamptz?',
  },
  signing_keys: {
    kid: 'text!',
    algorithm: 'text!',
    stage: 'text!',
    public_jwk: 'jsonb!',
    private_jwk: 'text!',
    created_at: 'timestamptz!',
    activated_at: 'timestamptz?',
    retired_at: 'timestamptz?',
    asked_at: 'timestamptz?',
  },
  rate_counters: { key: 'text!', count: 'int4!', resets_at: 'timestamptz!' },
  server_state: { key: 'text!', value: 'text!', created_at: 'timestamptz!' },
  known_clients: { client_id: 'text!', missing_since: 'timestamptz?' },
  logout_notices: {
    id: 'text!',
    client_id: 'text!',
    account_id: 'text!',
    sid: 'text?',
    ended: 'text!',
    created_at: 'timestamptz!',
    next_attempt_at: 'timestamptz!',
    give_up_after: 'timestamptz!',
    attempts: 'int4!',
    last_error: 'text?',
    delivered_at: 'timestamptz?',
    given_up_at: 'timestamptz?',
  },
  served_configurations: {
    instance: 'text!',
    process: 'text!',
    version: 'text!',
    digest: 'text!',
    clients: 'jsonb!',
    settings: 'jsonb!',
    started_at: 'timestamptz!',
    in_force_since: 'timestamptz!',
    seen_at: 'timestamptz!',
    stopped_at: 'timestamptz?',
  },
  setup_links: { id: 'text!', token_hash: 'text!', created_at: 'timestamptz!', expires_at: 'timestamptz!' },
  error_references: {
    reference: 'text!',
    kind: 'text!',
    client_id: 'text?',
    request_id: 'text!',
    details: 'jsonb!',
    created_at: 'timestamptz!',
    expires_at: 'timestamptz!',
  },
  audit_events: {
    id: 'int8!',
    at: 'timestamptz!',
    event: 'text!',
    account_id: 'text?',
    subject: 'text?',
    actor: 'text!',
    client_id: 'text?',
    address: 'text?',
    user_agent: 'text?',
    request_id: 'text?',
    outcome: 'text!',
    details: 'jsonb!',
  },
  mail_outbox: {
    id: 'text!',
    recipient: 'text!',
    account_id: 'text?',
    language: 'text!',
    message: 'text!',
    content: 'text?',
    created_at: 'timestamptz!',
    next_attempt_at: 'timestamptz!',
    give_up_after: 'timestamptz!',
    attempts: 'int4!',
    last_error: 'text?',
    delivered_at: 'timestamptz?',
    given_up_at: 'timestamptz?',
  },
  mailed_tokens: {
    id: 'text!',
    account_id: 'text!',
    purpose: 'text!',
    token_hash: 'text!',
    bound_to: 'jsonb!',
    created_at: 'timestamptz!',
    expires_at: 'timestamptz!',
  },
  registrations: {
    id: 'text!',
    email: 'text!',
    email_key: 'text!',
    username: 'text?',
    display_name: 'text?',
    password_hash: 'text?',
    language: 'text!',
    terms_version: 'text?',
    client_id: 'text!',
    interaction: 'text!',
    binding_hash: 'text!',
    taken: 'bool!',
    token_hash: 'text!',
    code_hash: 'text!',
    code_expires_at: 'timestamptz!',
    code_tries: 'int4!',
    resends: 'int4!',
    state: 'text!',
    elsewhere: 'bool!',
    account_id: 'text?',
    settled_at: 'timestamptz?',
    created_at: 'timestamptz!',
    expires_at: 'timestamptz!',
  },
  sign_in_codes: {
    id: 'text!',
    account_id: 'text!',
    code_hash: 'text?',
    code_tries: 'int4!',
    code_expires_at: 'timestamptz?',
    expires_at: 'timestamptz!',
  },
  devices: {
    id: 'text!',
    account_id: 'text!',
    token_hash: 'text!',
    user_agent: 'text!',
    first_seen_at: 'timestamptz!',
    last_seen_at: 'timestamptz!',
    trusted_until: 'timestamptz?',
  },
  network_failures: {
    network: 'text!',
    failed: '_text!',
    resets_at: 'timestamptz!',
    blocked: 'bool!',
  },
  hourly_figures: { hour: 'timestamptz!', event: 'text!', count: 'int8!' },
  jobs: { name: 'text!', last_started_at: 'timestamptz!', last_done_at: 'timestamptz?' },
  session_details: {
    console_seen_at: 'timestamptz?',
    session_uid: 'text!',
    account_id: 'text!',
    user_agent: 'text!',
    first_address: 'text!',
    last_address: 'text!',
    created_at: 'timestamptz!',
    last_seen_at: 'timestamptz!',
    expires_at: 'timestamptz!',
  },
  profiles: { account_id: 'text!', claims: 'jsonb!', attributes: 'jsonb!', updated_at: 'timestamptz!' },
  reset_requests: { id: 'text!', content: 'text!', created_at: 'timestamptz!' },
};

async function columnsOf(db: Kysely<Database>): Promise<Record<string, Record<string, string>>> {
  const query = sql<{ table: string; column: string; type: string }>`
    select table_name as table, column_name as column, udt_name || case is_nullable when 'YES' then '?' else '!' end as type
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely%'`;
  const tables: Record<string, Record<string, string>> = {};
  for (const { table, column, type } of (await query.execute(db)).rows) {
    tables[table] = { ...tables[table], [column]: type };
  }
  return tables;
}

async function openEmpty(kind: DatabaseKind): Promise<OpenDatabase & { url: string | undefined }> {
  const place = await makeEmptyDatabase(kind);
  const database = await openDatabase({ url: place.url, dataDir: place.dataDir, poolSize: 10 });
  onTestFinished(async () => {
    await database.close();
    await place.remove();
  });
  return { ...database, url: place.url };
}

const open = async (kind: DatabaseKind) => {
  const database = await openTestDatabase(kind);
  onTestFinished(() => database.close());
  return database;
};

describe.each(kinds)('migrations on %s', (kind) => {
  test('make the tables and columns that the code knows, and no others', async () => {
    const { db } = await open(kind);
    expect(await columnsOf(db)).toEqual(columns);
  });

  test('name every constraint, since the code recognises them by name', async () => {
    const { db } = await open(kind);
    const query = sql<{ name: string }>`
      select conname as name from pg_constraint
      where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c') and conrelid::regclass::text not like 'kysely%'
      order by conname`;
    expect((await query.execute(db)).rows.map((row) => row.name)).toEqual([
      'accounts_delete_at_check',
      'accounts_email_key',
      'accounts_pkey',
      'accounts_status_check',
      'accounts_username_check',
      'accounts_username_key',
      'app_sign_in_days_pkey',
      'app_sign_ins_account_id_fkey',
      'app_sign_ins_pkey',
      'audit_events_outcome_check',
      'audit_events_pkey',
      'client_roles_pkey',
      'client_roles_role_fkey',
      'consents_account_id_fkey',
      'consents_pkey',
      'devices_account_id_fkey',
      'devices_account_id_token_hash_key',
      'devices_pkey',
      'error_references_pkey',
      'group_members_account_id_fkey',
      'group_members_group_name_fkey',
      'group_members_pkey',
      'group_roles_group_name_fkey',
      'group_roles_pkey',
      'group_roles_role_fkey',
      'groups_pkey',
      'hourly_figures_pkey',
      'jobs_pkey',
      'known_clients_pkey',
      'logout_notices_ended_check',
      'logout_notices_pkey',
      'mail_outbox_pkey',
      'mailed_tokens_account_id_fkey',
      'mailed_tokens_pkey',
      'mailed_tokens_token_hash_key',
      'network_failures_pkey',
      'oidc_payloads_pkey',
      'permissions_pkey',
      'profiles_account_id_fkey',
      'profiles_pkey',
      'rate_counters_pkey',
      'recovery_codes_account_id_fkey',
      'recovery_codes_pkey',
      'registrations_account_id_fkey',
      'registrations_pkey',
      'registrations_state_check',
      'registrations_token_hash_key',
      'reset_requests_pkey',
      'retired_ids_pkey',
      'role_assignments_account_id_fkey',
      'role_assignments_pkey',
      'role_assignments_role_fkey',
      'role_includes_includes_fkey',
      'role_includes_pkey',
      'role_includes_role_fkey',
      'role_includes_self_check',
      'role_permissions_permission_fkey',
      'role_permissions_pkey',
      'role_permissions_role_fkey',
      'roles_admin_mfa_check',
      'roles_mfa_check',
      'roles_pkey',
      'roles_scope_check',
      'served_configurations_pkey',
      'server_state_pkey',
      'session_details_account_id_fkey',
      'session_details_pkey',
      'setup_links_one_check',
      'setup_links_pkey',
      'sign_in_codes_account_id_fkey',
      'sign_in_codes_pkey',
      'signing_keys_pkey',
      'signing_keys_stage_check',
      'totp_secrets_account_id_fkey',
      'totp_secrets_name_key',
      'totp_secrets_pkey',
    ]);
  });

  test('bring the roles of the product', async () => {
    const { db } = await open(kind);
    const roles = await db.selectFrom('roles').select('name').orderBy('name').execute();
    expect(roles.map((role) => role.name)).toEqual(['gatehouse:admin', 'gatehouse:auditor', 'gatehouse:helpdesk']);
  });

  test('take everything that belongs to an account away with it', async () => {
    const { db } = await open(kind);
    const at = new Date(0);
    const account_id = 'jane';
    const identity = { id: account_id, email: 'jane@example.test', email_key: 'jane@example.test' };
    await db
      .insertInto('accounts')
      .values({ ...identity, status: 'active', updated_at: at })
      .execute();
    await db.insertInto('totp_secrets').values({ account_id, secret: 's', last_step: 1, confirmed_at: at }).execute();
    await db.insertInto('recovery_codes').values({ account_id, code_hash: 'h', salt: 's' }).execute();
    await db.insertInto('role_assignments').values({ account_id, role: 'gatehouse:admin' }).execute();
    await db
      .insertInto('consents')
      .values({ account_id, client_id: 'shop', scopes: ['openid', 'email'], resources: '{}', updated_at: at })
      .execute();
    expect(await db.selectFrom('consents').select(['scopes', 'resources']).execute()).toEqual([
      { scopes: ['openid', 'email'], resources: {} },
    ]);

    await db.insertInto('profiles').values({ account_id, updated_at: at }).execute();

    await db.deleteFrom('accounts').where('id', '=', account_id).execute();
    for (const table of ['totp_secrets', 'recovery_codes', 'role_assignments', 'consents', 'profiles'] as const) {
      expect(await db.selectFrom(table).select('account_id').execute()).toEqual([]);
    }
  });

  test('can be looked up before they are applied, which changes nothing', async () => {
    const database = await openEmpty(kind);
    expect((await schemaAge(database)).pending).toEqual(names);
    expect(await columnsOf(database.db)).toEqual({});
    expect(await migrate(database)).toEqual(names);
    expect(await schemaAge(database)).toEqual({ pending: [], newer: [] });
    expect(await migrate(database)).toEqual([]);
  });

  test('are applied once by eight callers at once', async () => {
    const database = await openEmpty(kind);
    const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(database)));
    expect(applied.flat()).toEqual(names);
    expect(await columnsOf(database.db)).toEqual(columns);
  });

  const alsoApplied = (database: OpenDatabase, name: string) =>
    sql`insert into kysely_migration (name, timestamp) values (${name}, '2031-01-01T00:00:00Z')`.execute(database.db);

  test('of a newer release that only add are left alone, and named', async () => {
    const database = await open(kind);
    await alsoApplied(database, '9001-teleport');
    await alsoApplied(database, '9002-drop-the-stairs.needs-0.0.9');
    expect(await migrate(database)).toEqual([]);
    const newer = ['9001-teleport', '9002-drop-the-stairs.needs-0.0.9'];
    expect(await schemaAge(database)).toEqual({ pending: [], newer });
    await requireFitting(database.db);
  });

  test('of a newer release that need a later one than this are refused, also by a process that was there before', async () => {
    const database = await open(kind);
    await requireFitting(database.db);
    await alsoApplied(database, '9001-drop-the-stairs.needs-7.1.0');
    await alsoApplied(database, '9002-teleport');
    for (const looks of [migrate, schemaAge, () => requireFitting(database.db)]) {
      const error = await looks(database).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DatabaseNewerThanCode);
      expect(String(error)).toContain('needs release 7.1.0 or later since 9001-drop-the-stairs.needs-7.1.0');
    }
  });

  test('that are neither of an earlier nor of a later release are refused', async () => {
    const database = await open(kind);
    await alsoApplied(database, '0002-teleport');
    await expect(migrate(database)).rejects.toThrow(DatabaseOfAnotherHistory);
    await expect(schemaAge(database)).rejects.toThrow('does not know 0002-teleport');
    const other = await open(kind);
    await alsoApplied(other, '9001-teleport');
    await sql`delete from kysely_migration where name = ${names.at(-1)}`.execute(other.db);
    await expect(migrate(other)).rejects.toThrow('9001-teleport');
  });
});

describe.skipIf(!postgresAvailable())('eight processes starting at once on an empty PostgreSQL', () => {
  test('end with one schema, each migration applied once', { timeout: 90_000 }, async () => {
    const database = await openEmpty('postgres');
    const script = path.join(import.meta.dirname, 'migrate-process.ts');
    const processes = Array.from({ length: 8 }, () => {
      const child = spawn(process.execPath, [script, database.url ?? ''], { stdio: ['pipe', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      return { child, lines: createInterface(child.stdout), exited: once(child, 'exit') };
    });
    await Promise.all(processes.map(({ lines }) => once(lines, 'line')));
    const applied = await Promise.all(
      processes.map(async ({ child, lines, exited }) => {
        const answered = once(lines, 'line');
        child.stdin.write('go\n');
        const [line] = await answered;
        expect((await exited)[0]).toBe(0);
        return JSON.parse(line) as string[];
      }),
    );
    expect(applied.flat()).toEqual(names);
    expect(await columnsOf(database.db)).toEqual(columns);
    const recorded = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database.db);
    expect(recorded.rows.map((row) => row.name)).toEqual(names);
  });
});

test('a migration never changes once it is merged', () => {
  const committed: unknown = JSON.parse(readFileSync(path.join(import.meta.dirname, 'migration-hashes.json'), 'utf8'));
  const hashes = Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(directory, `${name}.ts`)))
        .digest('hex'),
    ]),
  );
  // A new migration adds its line to migration-hashes.json; a line that is there is not changed: write another migration.
  expect(hashes).toEqual(committed);
});

test('migrations are numbered without gaps, one subject each', () => {
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
});
