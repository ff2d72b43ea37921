// What a database looks like without its rows, as one value.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { findPostgresBinaries } from '../support/postgres-cluster.ts';

export function schemaHash(url: string): string {
  const program = path.join(findPostgresBinaries() ?? '', 'pg_dump');
  const dump = execFileSync(program, ['--schema-only', '--dbname', url], { encoding: 'utf8' });
  // A new word in every dump: \restrict and \unrestrict.
  return createHash('sha256')
    .update(dump.replaceAll(/^\\.*$/gm, ''))
    .digest('hex');
}
