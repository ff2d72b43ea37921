// The database: reachable, new enough, writable, quick, and migrated as this version needs it.
import type { OpenDatabase } from '../../database/database.ts';
import { type DatabaseDiagnosis, diagnoseDatabase } from '../../database/diagnosis.ts';
import { schemaAge } from '../../database/migrator.ts';
import { DatabaseNewerThanCode, DatabaseOfAnotherHistory } from '../../database/schema-age.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'database';
const OLDEST_VERSION = 150_000;
/** Milliseconds. A sign-in asks some twenty times. */
const SLOW_MS = 25;

export interface DatabaseCheck {
  readonly findings: readonly Finding[];
  readonly diagnosis: DatabaseDiagnosis;
  /** Whether tables are as this version knows them. */
  readonly migrated: boolean;
}

export async function checkDatabase({ config }: Configured, database: OpenDatabase): Promise<DatabaseCheck> {
  const diagnosis = await diagnoseDatabase(database);
  const { finding, migrated } = await migrations(database);
  return {
    findings: [...databaseFindings(diagnosis, config.database.url), ...production(config), finding],
    diagnosis,
    migrated,
  };
}

export function databaseFindings(diagnosis: DatabaseDiagnosis, url: string | undefined): Finding[] {
  const { version, versionNumber, latencyMs, readOnly, mayCreateTables } = diagnosis;
  const kind =
    url === undefined ? 'the embedded database' : `PostgreSQL ${version} at ${new URL(url).host || 'its socket'}`;
  const findings: Finding[] = [];
  if (url !== undefined && versionNumber < OLDEST_VERSION) {
    findings.push(
      problem(CHECK, `PostgreSQL ${version} is too old`, 'Gatehouse needs PostgreSQL 15 or newer: upgrade it.'),
    );
  }
  if (readOnly) {
    findings.push(
      problem(
        CHECK,
        'The database takes no writes',
        'Point DATABASE_URL at the primary, not at a standby, and look at default_transaction_read_only of database and user.',
      ),
    );
  }
  if (!mayCreateTables) {
    findings.push(
      problem(
        CHECK,
        'The user may not create tables, so that migrations fail',
        'As the owner of the database: grant create on schema public to the user of DATABASE_URL.',
      ),
    );
  }
  if (url !== undefined && latencyMs > SLOW_MS) {
    findings.push(
      note(
        CHECK,
        `One answer takes ${Math.round(latencyMs)} ms`,
        'Sign-ins ask the database some twenty times: run server and database in one network.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(CHECK, `${kind}, ${latencyMs.toFixed(1)} ms`)];
}

const production = ({ mode, database }: Configured['config']): Finding[] =>
  mode === 'production' && database.url === undefined
    ? [
        note(
          CHECK,
          'The embedded database in production: one process, and a power loss can cost the last writes',
          'Set DATABASE_URL to a PostgreSQL 15 or newer, unless this small installation can live with that.',
        ),
      ]
    : [];

async function migrations(database: OpenDatabase): Promise<{ finding: Finding; migrated: boolean }> {
  try {
    const { pending, newer } = await schemaAge(database);
    if (newer.length > 0) return { finding: note('migrations', newerMessage(newer), NEWER_FIX), migrated: true };
    if (pending.length === 0) return { finding: ok('migrations', 'up to date'), migrated: true };
    const message = `${count(pending.length, 'migration is', 'migrations are')} pending: ${pending.join(', ')}`;
    return {
      finding: problem('migrations', message, 'Run "gatehouse migrate", or start the server: it does so first.'),
      migrated: false,
    };
  } catch (error) {
    if (!(error instanceof DatabaseNewerThanCode || error instanceof DatabaseOfAnotherHistory)) throw error;
    const fix = 'Run the newer version, or restore the backup from before the upgrade.';
    return { finding: problem('migrations', error.message, fix), migrated: false };
  }
}

const newerMessage = (newer: readonly string[]): string =>
  `The database was migrated by a newer Gatehouse: this one does not know ${newer.join(', ')}, and can go on without`;

const NEWER_FIX =
  'Nothing, while machines are upgraded one by one, or after an upgrade was taken back. Otherwise run the newer release here too.';
