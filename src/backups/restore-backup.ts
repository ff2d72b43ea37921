// A backup becomes the database again, and nothing that was issued before is good afterwards.
import { recordEvent } from '../audit/audit-log.ts';
import { type Manifest, readManifest, verifyPayload } from '../database/backups/backup-file.ts';
import { askWith, contentsOf, difference } from '../database/backups/contents.ts';
import { restoreEmbedded } from '../database/backups/embedded-restore.ts';
import {
  endRestore,
  isEmptyPostgres,
  loadPostgres,
  requireLoadable,
  requireUnused,
} from '../database/backups/postgres-backup.ts';
import type { PostgresPrograms } from '../database/backups/postgres-programs.ts';
import { BackupRefused } from '../database/backups/refused.ts';
import { type Db, type OpenDatabase, openDatabase } from '../database/database.ts';
import { knownMigrations, migrateRestored } from '../database/migrator.ts';
import { listSigningKeys } from '../keys/signing-keys.ts';
import { type BackupDeps, SEAL_PLACE, sealedText } from './backup-deps.ts';
import { voidWhatWasIssued } from './void-what-was-issued.ts';

export interface RestoreRequest {
  readonly file: string;
  /** Asked before anything is touched where there is something already. */
  readonly onOccupied: () => Promise<void>;
}

export interface Restored {
  readonly manifest: Manifest;
  /** That were applied to it since. */
  readonly migrated: readonly string[];
}

/** @throws BackupRefused, DatabaseInUse, SealBroken under another master secret than the backup's */
export async function restoreBackup(deps: BackupDeps, request: RestoreRequest): Promise<Restored> {
  const manifest = await readManifest(request.file);
  await requireRestorable(deps, { manifest, file: request.file });
  const finish = (database: OpenDatabase, end: (tx: Db) => Promise<void>) =>
    finishRestore(deps, { manifest, database, end });
  const { postgres } = deps;
  const migrated =
    postgres === undefined
      ? await restoreEmbedded(deps.dataDir, {
          ...request,
          finish: (database) => finish(database, async () => undefined),
        })
      : await onPostgres(postgres, async (database) => {
          await requireUnused(database);
          await requireLoadable(database, postgres, { file: request.file, tables: Object.keys(manifest.rows) });
          if (!(await isEmptyPostgres(database))) await request.onOccupied();
          await loadPostgres(database, postgres, request);
          return finish(database, endRestore);
        });
  return { manifest, migrated };
}

async function requireRestorable(
  { box, postgres }: BackupDeps,
  { manifest, file }: { manifest: Manifest; file: string },
): Promise<void> {
  const known = await knownMigrations();
  const unknown = manifest.migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const made = `${file} was made by Gatehouse ${manifest.version}, which has migrations that this one lacks`;
    throw new BackupRefused('backup_newer', `${made} (${unknown.join(', ')}). Restore it with that version or later.`);
  }
  if ((manifest.kind === 'postgresql') !== (postgres !== undefined)) {
    throw new BackupRefused('backup_of_another_kind', `${file} ${OTHER_KIND[manifest.kind]}`);
  }
  if (box.open(manifest.seal, SEAL_PLACE) !== sealedText(manifest, manifest.sha256)) {
    throw new BackupRefused('backup_broken', `${file} was changed after it was written. Use another backup.`);
  }
  await verifyPayload(file, manifest);
}

const OTHER_KIND: Readonly<Record<Manifest['kind'], string>> = {
  embedded: 'is of the embedded database: without DATABASE_URL it can be restored.',
  postgresql: 'is of PostgreSQL: set DATABASE_URL to the database that it is to be restored into.',
};

async function onPostgres<T>({ url }: PostgresPrograms, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const database = await openDatabase({ url, dataDir: '', poolSize: 1 });
  return work(database).finally(() => database.close());
}

/** In the last transaction the old tokens end, and the database can be used. */
async function finishRestore(
  { clock, box }: BackupDeps,
  { manifest, database, end }: { manifest: Manifest; database: OpenDatabase; end: (tx: Db) => Promise<void> },
): Promise<readonly string[]> {
  await requireSame(manifest, database);
  const migrated = await migrateRestored(database);
  await database.withPatientConnection((db) =>
    (db as Db).transaction().execute(async (tx) => {
      await listSigningKeys({ db: tx, box });
      await voidWhatWasIssued(tx, clock);
      const { kind, version, made_at, sha256 } = manifest;
      const details = { kind, version, made_at, sha256, migrations: [...migrated] };
      await recordEvent({ db: tx, clock }, { event: 'database.restored', actor: 'operator', details });
      await end(tx);
    }),
  );
  return migrated;
}

/** Where the restore itself has left its mark in the database, that is no table of the backup. */
async function requireSame(manifest: Manifest, { withPatientConnection }: OpenDatabase): Promise<void> {
  const { rows, ...contents } = await withPatientConnection((db) => contentsOf(askWith(db)));
  const { gatehouse_restoring: _, ...ours } = rows;
  const wrong = difference(manifest, { ...contents, rows: ours });
  if (wrong !== undefined) throw new BackupRefused('backup_broken', `What was restored has ${wrong}.`);
}
