// The database as one file, looked into after it was written.
import { recordEvent } from '../audit/audit-log.ts';
import { type Manifest, type ManifestFacts, writeBackup } from '../database/backups/backup-file.ts';
import { type Contents, difference } from '../database/backups/contents.ts';
import { contentsOfDump, dumpEmbedded } from '../database/backups/embedded-backup.ts';
import { dumpPostgres, requireListed } from '../database/backups/postgres-backup.ts';
import { BackupRefused } from '../database/backups/refused.ts';
import type { OpenDatabase } from '../database/database.ts';
import { listSigningKeys } from '../keys/signing-keys.ts';
import { type BackupDeps, SEAL_PLACE, sealedText } from './backup-deps.ts';

/** @throws BackupRefused; SealBroken if the master secret is not the one of this database */
export async function makeBackup(
  deps: BackupDeps,
  { file, version, database }: { file: string; version: string; database: OpenDatabase },
): Promise<Manifest> {
  const { clock, box, dataDir, postgres } = deps;
  const facts = ({ engine, migrations, rows }: Contents): ManifestFacts => ({
    kind: postgres === undefined ? 'embedded' : 'postgresql',
    engine,
    version,
    made_at: clock.now().toISOString(),
    migrations: [...migrations],
    rows,
  });
  let dumped: ManifestFacts | undefined;
  const manifest = await writeBackup(file, {
    async fill(payload) {
      const dumping =
        postgres === undefined ? dumpEmbedded(dataDir, payload) : dumpPostgres(database, postgres, payload);
      const contents = await dumping;
      if (contents.migrations.length === 0) {
        throw new BackupRefused(
          'database_empty',
          'There is nothing in this database yet: the server makes its tables.',
        );
      }
      await listSigningKeys({ db: database.db, box });
      dumped = facts(contents);
      return dumped;
    },
    seal: (digest) => {
      if (dumped === undefined) throw new Error('what is sealed has to be dumped first');
      return box.seal(sealedText(dumped, digest), SEAL_PLACE);
    },
    async verify(draft, written) {
      if (postgres !== undefined) return requireListed(postgres, { file: draft, tables: Object.keys(written.rows) });
      const wrong = difference(written, await contentsOfDump(draft));
      if (wrong !== undefined) throw new BackupRefused('backup_broken', `The backup has ${wrong}. Nothing was kept.`);
    },
  });
  const { kind, bytes, sha256 } = manifest;
  await recordEvent(
    { db: database.db, clock },
    { event: 'database.backed_up', actor: 'operator', details: { kind, bytes, sha256 } },
  );
  return manifest;
}
