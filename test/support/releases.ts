// Two releases of the program, each in a folder of its own: the one before, from the history, and the present one with
// one migration more than it has, so that its schema is the newer one whatever was merged since.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

/** CONTRIBUTING.md says when it changes. */
export const RELEASE_BEFORE = JSON.parse(
  readFileSync(path.join(ROOT, 'test/fixtures/release-before.json'), 'utf8'),
) as { commit: string; version: string; lastMigration: string };

/** On CI a history that lacks it is a fault, unless .ci/run could not fetch the rest of it: the test must not pass by being left out. */
export function isReleaseBeforeThere(): boolean {
  const { commit } = RELEASE_BEFORE;
  try {
    if (!hasHistory()) throw new Error('no history');
    git('cat-file', '-e', `${commit}^{commit}`);
    return true;
  } catch {
    const message = `The release before (${commit}) is not in the history`;
    if (process.env['CI'] !== undefined && !isCutShort()) throw new Error(`${message}: fetch all of it.`);
    console.warn(`${message}: that it runs beside this one is NOT tested.`);
    return false;
  }
}

const hasHistory = (): boolean => existsSync(path.join(ROOT, '.git'));

const isCutShort = (): boolean =>
  !hasHistory() || git('rev-parse', '--is-shallow-repository').toString().trim() === 'true';

const git = (...words: string[]): Buffer =>
  execFileSync('git', words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });

export interface Release {
  /** The top folder of its checkout. */
  readonly root: string;
  remove(): void;
}

export function releaseBefore(): Release {
  const release = newRelease('before');
  execFileSync('tar', ['-x', '-C', release.root], { input: git('archive', RELEASE_BEFORE.commit) });
  return release;
}

const PARTS = ['src', 'views', 'migrations', 'package.json', 'package-lock.json'];

export function nextRelease(): Release {
  const release = newRelease('next');
  for (const part of PARTS) cpSync(path.join(ROOT, part), path.join(release.root, part), { recursive: true });
  writeFileSync(path.join(release.root, 'migrations', `${NEXT_MIGRATION}.ts`), EXPANDS);
  return release;
}

export const NEXT_MIGRATION = '9000-of-the-next-release';

/** All that a migration may do while the release before runs. */
const EXPANDS = `import { type Kysely, sql } from 'kysely';
export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('nicknames')
    .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('nickname', 'text', (column) => column.notNull())
    .execute();
  await db.schema.alterTable('accounts').addColumn('nickname', 'text').execute();
  await db.schema.alterTable('accounts').addColumn('visits', 'integer', (column) => column.notNull().defaultTo(0)).execute();
  await db.schema.alterTable('oidc_payloads').addColumn('region', 'text', (column) => column.notNull().defaultTo('')).execute();
  await db.schema.alterTable('signing_keys').addColumn('remark', 'text').execute();
  await sql\`create index oidc_payloads_region on oidc_payloads (region) where region <> ''\`.execute(db);
}
`;

function newRelease(name: string): Release {
  const root = mkdtempSync(path.join(tmpdir(), `gatehouse-${name}-`));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
