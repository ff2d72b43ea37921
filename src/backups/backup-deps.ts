// What making and restoring a backup need of the command that asks for it.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { ManifestFacts } from '../database/backups/backup-file.ts';
import type { PostgresPrograms } from '../database/backups/postgres-programs.ts';

export interface BackupDeps {
  readonly clock: Clock;
  readonly box: SealedBox;
  /** Where the embedded database is. */
  readonly dataDir: string;
  /** Undefined where the database is the embedded one. */
  readonly postgres: PostgresPrograms | undefined;
}

/** What the seal in a backup belongs to: one that opens says that the master secret is the right one. */
export const SEAL_PLACE = 'backup.seal';

/** What the seal says: the head, and by its SHA-256 what follows. */
export function sealedText(
  { kind, engine, version, made_at, migrations, rows }: ManifestFacts,
  sha256: string,
): string {
  const counts = Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1));
  const head = [kind, engine, version, made_at, migrations, counts];
  return createHash('sha256')
    .update(JSON.stringify([...head, sha256]))
    .digest('hex');
}
