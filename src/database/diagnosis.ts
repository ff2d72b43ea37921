// What the database says about itself, for an operator who looks for what is wrong.
import { type Kysely, sql } from 'kysely';
import type { OpenDatabase } from './database.ts';

export interface DatabaseDiagnosis {
  /** Of PostgreSQL: 170004 is 17.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly now: Date;
  /** Milliseconds for one answer, on an open connection. */
  readonly latencyMs: number;
  /** A standby, or a user or database that is set to reading. */
  readonly readOnly: boolean;
  readonly mayCreateTables: boolean;
}

/** Changes nothing. */
export async function diagnoseDatabase({
  withPatientConnection,
}: Pick<OpenDatabase, 'withPatientConnection'>): Promise<DatabaseDiagnosis> {
  return withPatientConnection(async (db) => {
    const latencyMs = await quickestAnswer(db);
    const { rows } = await sql<Omit<DatabaseDiagnosis, 'latencyMs'>>`
      select current_setting('server_version_num')::int as "versionNumber",
        split_part(current_setting('server_version'), ' ', 1) as version,
        clock_timestamp() as now,
        current_setting('transaction_read_only') = 'on' as "readOnly",
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreateTables"`.execute(db);
    const [row] = rows;
    if (row === undefined) throw new Error('the database answered nothing');
    return { ...row, latencyMs };
  });
}

/** Of three: one may have waited for something else. */
async function quickestAnswer(db: Kysely<unknown>): Promise<number> {
  const times: number[] = [];
  while (times.length < 3) {
    const started = performance.now();
    await sql`select 1`.execute(db);
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}
