// pg_dump and pg_restore, as the machine has them. They are told where to connect by the environment, which only their
// user can read: a command line is for everybody to see.
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { BackupRefused } from './refused.ts';

export interface PostgresPrograms {
  /** Where they are; on the PATH unless stated. */
  readonly directory: string | undefined;
  /** Of the command: PATH, HOME, PGPASSFILE and so on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly url: string;
}

export interface Run {
  readonly program: 'pg_dump' | 'pg_restore' | 'psql';
  readonly words: readonly string[];
  readonly input?: Readable;
  readonly output?: Writable;
}

/** What it writes on stdout, where that goes nowhere else. @throws BackupRefused `program_missing`, `program_failed` */
export async function run(programs: PostgresPrograms, { program, words, input, output }: Run): Promise<string> {
  const { directory } = programs;
  const child = spawn(directory === undefined ? program : path.join(directory, program), words, {
    env: environmentOf(programs),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr = (texts.stderr + text).slice(-2000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'ENOENT' ? missing(program) : cause));
    child.once('close', resolve);
  });
  // One that fails closes its end, and says on stderr why.
  const fed = input === undefined ? child.stdin.end() : pipeline(input, child.stdin).catch(() => undefined);
  const read =
    output === undefined
      ? child.stdout.setEncoding('utf8').on('data', (text: string) => {
          texts.stdout += text;
        })
      : pipeline(child.stdout, output, { end: false });
  const [code] = await Promise.all([ended, fed, read]);
  if (code !== 0) throw failed(program, texts.stderr);
  return texts.stdout;
}

const missing = (program: string): BackupRefused =>
  new BackupRefused(
    'program_missing',
    `${program} is not installed, or not on the PATH. Debian: apt-get install postgresql-client. ` +
      'Elsewhere: name its directory with --pg-bin.',
  );

function failed(program: string, stderr: string): BackupRefused {
  const said = stderr.trim() || 'it did not say why';
  const advice = /version mismatch|unsupported version|unrecognized configuration parameter/.test(said)
    ? ' Install the programs of the server’s version (Debian: postgresql-client-N) and name them with --pg-bin.'
    : '';
  return new BackupRefused('program_failed', `${program} failed: ${said}.${advice}`);
}

/** Read from the URL as the server reads it. */
function environmentOf({ env, url }: PostgresPrograms): Record<string, string | undefined> {
  const { host, port, user, password, database, ssl } = new Client({ connectionString: url });
  const options = new URL(url).searchParams;
  const sslmode = options.get('sslmode');
  return {
    ...env,
    LC_ALL: 'C',
    PGAPPNAME: 'gatehouse backup',
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user ?? env['PGUSER'],
    PGDATABASE: database ?? env['PGDATABASE'],
    ...(password ? { PGPASSWORD: password } : {}),
    ...(ssl ? { PGSSLMODE: sslmode === null || sslmode === 'no-verify' ? 'require' : sslmode } : {}),
    ...given(options, { sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY', sslrootcert: 'PGSSLROOTCERT' }),
  };
}

const given = (options: URLSearchParams, names: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, variable]) => {
      const value = options.get(name);
      return value === null ? [] : [[variable, value]];
    }),
  );
