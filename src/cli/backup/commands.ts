// gatehouse backup and restore, as they are typed.
import type { Command } from 'commander';
import { examples, type Perform } from '../command-parts.ts';

const PG_BIN = 'where pg_dump, pg_restore and psql are, if not on the PATH';

export function addBackupCommands(program: Command, perform: Perform): void {
  program
    .command('backup')
    .description('write the database to a file that is looked into before it gets its name; works beside the server')
    .argument('<file>', 'must not exist; only its owner can read it')
    .option('--pg-bin <directory>', PG_BIN)
    .addHelpText(
      'after',
      examples('gatehouse backup /backups/gatehouse-$(date +%F)', 'gatehouse backup /backups/now --json'),
    )
    .action((file: string, options: { pgBin?: string }) =>
      perform(async (invocation) => {
        // PGlite takes a while to load, and no other command opens it in this thread.
        const { backUp } = await import('./backup.ts');
        return backUp(invocation, { file, ...options });
      }),
    );
  program
    .command('restore')
    .description('make a backup the database; sessions, tokens, codes and links from before are void then')
    .argument('<file>', 'that backup has written')
    .option('--replace', 'what is in the database now is lost', false)
    .option('--yes', 'do not ask', false)
    .option('--pg-bin <directory>', PG_BIN)
    .addHelpText(
      'after',
      examples('gatehouse restore /backups/gatehouse-2026-11-22', 'gatehouse restore /backups/now --replace --yes'),
    )
    .action((file: string, options: { replace: boolean; yes: boolean; pgBin?: string }) =>
      perform(async (invocation) => {
        const { restore } = await import('./restore.ts');
        return restore(invocation, { file, ...options });
      }),
    );
}
