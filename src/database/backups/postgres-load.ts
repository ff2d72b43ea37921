// What pg_restore writes, into the database through psql: from 17 on it sets what older servers do not know.
import { type Readable, Transform } from 'node:stream';
import { type PostgresPrograms, run } from './postgres-programs.ts';
import { BackupRefused } from './refused.ts';

export interface Load {
  /** Of pg_restore. */
  readonly words: readonly string[];
  readonly database: string;
  readonly input: Readable;
}

/** All or nothing: pg_restore writes its COMMIT last, and psql ends without one where it does not come. @throws BackupRefused */
export async function load(programs: PostgresPrograms, { words, database, input }: Load): Promise<void> {
  const seen: Seen = { restriction: undefined };
  const statements = forOlderServers(seen).on('error', () => undefined);
  const loading = run(programs, { program: 'psql', words: wordsFor(database), input: statements });
  const writing = run(programs, { program: 'pg_restore', words: [...WRITING, ...words], input, output: statements });
  const [loaded, written] = await Promise.allSettled([
    loading.finally(() => statements.destroy()),
    writing.finally(() => statements.end()),
  ]);
  const reasons = [written, loaded].flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  // Where psql fails, pg_restore has nobody to write to.
  if (reasons.length > 0) throw reasons.find((reason) => reason instanceof BackupRefused) ?? reasons[0];
  if (seen.restriction !== true) throw new BackupRefused('program_failed', TOO_OLD);
}

const TOO_OLD =
  'pg_restore is too old: before 18, 17.6, 16.10, 15.14, 14.19 and 13.22 what it writes can have commands for psql in the names of ' +
  'tables (CVE-2025-8714). Nothing of it was run. Update it (Debian: apt-get install postgresql-client).';

const WRITING = ['--file=-', '--single-transaction', '--exit-on-error'];

const wordsFor = (database: string): readonly string[] => [
  ...['--no-psqlrc', '--quiet', '--no-password', '--set=ON_ERROR_STOP=1', '--output=/dev/null'],
  `--dbname=${database}`,
];

const SET = '\nSET transaction_timeout = 0;\n';
const SET_WHERE_KNOWN = `\nSELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout';\n`;
/** The last of what is set at the beginning. What comes after it may be somebody's data. */
const END = '\nSET row_security = ';
const LONGEST_BEGINNING = 65_536;
/** From here on psql obeys no commands of its own (`\restrict`, psql manual); before it there are only comments. */
const RESTRICTION = /^(?:(?:--[^\n]*)?\n)*\\restrict \w+\n/;

interface Seen {
  /** Undefined: nothing was written yet. */
  restriction: boolean | undefined;
}

/** Nothing comes through unless psql is told first to obey none of it. */
function forOlderServers(seen: Seen): Transform {
  let beginning: Buffer | undefined = Buffer.alloc(0);
  const understood = (bytes: Buffer): Buffer => {
    seen.restriction = RESTRICTION.test(bytes.toString('latin1'));
    if (!seen.restriction) return Buffer.alloc(0);
    const end = bytes.indexOf(END);
    const settings = bytes.subarray(0, Math.max(end, 0)).toString('latin1').replace(SET, SET_WHERE_KNOWN);
    return Buffer.concat([Buffer.from(settings, 'latin1'), bytes.subarray(Math.max(end, 0))]);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (beginning === undefined) return done(null, seen.restriction ? chunk : undefined);
      beginning = Buffer.concat([beginning, chunk]);
      if (!beginning.includes(END) && beginning.length < LONGEST_BEGINNING) return done();
      const bytes = understood(beginning);
      beginning = undefined;
      done(null, bytes);
    },
    flush(done) {
      done(null, beginning && understood(beginning));
    },
  });
}
