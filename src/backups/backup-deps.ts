// What making and restoring a backup need of the command that asks for it.
import type { Clock } from '../clock.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
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
