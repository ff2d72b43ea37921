// gatehouse backup: the database as a file.
import path from 'node:path';
import type { BackupDeps } from '../../backups/backup-deps.ts';
import { makeBackup } from '../../backups/make-backup.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { sealedBoxOf } from '../../crypto/sealed-box.ts';
import { HEAD_BYTES } from '../../database/backups/backup-file.ts';
import { VERSION } from '../../package.ts';
import { commandConfig } from '../configuration.ts';
import { count, details } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { openForCommand } from '../with-database.ts';

export interface BackupOptions {
  readonly file: string;
  readonly pgBin?: string;
}

export function backupDeps({ terminal }: Invocation, config: Config, { pgBin }: BackupOptions): BackupDeps {
  const { url } = config.database;
  return {
    clock: systemClock,
    box: sealedBoxOf(config),
    dataDir: config.paths.dataDir,
    postgres: url === undefined ? undefined : { url, directory: pgBin, env: terminal.env },
  };
}

export async function backUp(invocation: Invocation, options: BackupOptions): Promise<Answer> {
  const config = commandConfig(invocation);
  const file = path.resolve(invocation.terminal.cwd(), options.file);
  const { database } = await openForCommand(config);
  try {
    const deps = backupDeps(invocation, config, options);
    const { seal: _, ...manifest } = await makeBackup(deps, { file, version: VERSION, database });
    return { result: { file, head_bytes: HEAD_BYTES, ...manifest }, text: textOf(file, manifest) };
  } finally {
    await database.close();
  }
}

const textOf = (
  file: string,
  {
    bytes,
    sha256,
    rows,
    migrations,
  }: { bytes: number; sha256: string; rows: Record<string, number>; migrations: string[] },
): string => `${details([
  ['Written and verified', file],
  ['Accounts', rows['accounts']],
  ['Rows', Object.values(rows).reduce((sum, each) => sum + each, 0)],
  ['Schema', `${count(migrations.length, 'migration')}, the last is ${migrations.at(-1)}`],
  ['Bytes', bytes],
  ['SHA-256', sha256],
])}

The master secret (GATEHOUSE_SECRET) is not in it. Keep it, and the configuration, somewhere else: without that very
secret the backup cannot be restored. The file has everybody's addresses and hashes of passwords: keep it like them.`;
