// gatehouse restore: a file becomes the database.
import path from 'node:path';
import { restoreBackup } from '../../backups/restore-backup.ts';
import { SealBroken } from '../../crypto/sealed-box.ts';
import { commandConfig } from '../configuration.ts';
import { confirmation } from '../confirmation.ts';
import { CommandFailed } from '../failure.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type BackupOptions, backupDeps } from './backup.ts';

export interface RestoreOptions extends BackupOptions {
  readonly replace: boolean;
  readonly yes: boolean;
}

export async function restore(invocation: Invocation, options: RestoreOptions): Promise<Answer> {
  const config = commandConfig(invocation);
  const deps = backupDeps(invocation, config, options);
  const file = path.resolve(invocation.terminal.cwd(), options.file);
  const started = performance.now();
  const { manifest, migrated } = await restoreBackup(deps, {
    file,
    onOccupied: () => replacing(invocation, options),
  }).catch((error: unknown) => {
    throw error instanceof SealBroken ? anotherSecret(file, error) : error;
  });
  const seconds = Math.round(performance.now() - started) / 1000;
  const { seal: _, ...facts } = manifest;
  return {
    result: { file, ...facts, migrated, seconds },
    text: `Restored the database of ${manifest.made_at} (${count(manifest.rows['accounts'] ?? 0, 'account')}) in ${seconds} s.
${migrated.length === 0 ? '' : `Applied ${count(migrated.length, 'migration')}: ${migrated.join(', ')}.\n`}
${AFTERWARDS}`,
  };
}

async function replacing(invocation: Invocation, { replace, yes }: RestoreOptions): Promise<void> {
  if (!replace) {
    throw new CommandFailed(
      'database_not_empty',
      'There is a database already. Nothing was changed. With --replace it is lost; back it up before.',
    );
  }
  await confirmation(invocation, { yes })('What is in the database now is lost. Replace it?');
}

const anotherSecret = (file: string, cause: SealBroken): CommandFailed =>
  new CommandFailed(
    'wrong_secret',
    `${file} was made under another master secret. Nothing was changed. Give GATEHOUSE_SECRET or ` +
      'GATEHOUSE_SECRET_FILE the value that the server had then (in development: the file "secret" of its data directory).',
    { cause },
  );

const AFTERWARDS = `Void from now on, as nobody can tell what of it was used or revoked since: sessions, codes, refresh tokens, access
tokens at our own endpoints, links and codes in mails (invitations too), trusted browsers. Everybody signs in again.

What the backup cannot know, and what you have to do again if it happened since: passwords changed or reset, recovery
codes used, authenticators removed, accounts banned, deleted or kept after all ("gatehouse user keep"; nobody is deleted for a
week), roles taken away, signing keys revoked. APIs that check access tokens by themselves believe those from before until they
expire; "gatehouse keys rotate --now" and "keys revoke" end that.`;
