// Three processes on a database of their own, and many that ask them at the same moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { answerOf, type Place } from '../cli/command-line.ts';
import type { Send } from '../support/browser.ts';
import { type Processes, type ProcessesOptions, startProcesses } from '../support/processes.ts';
import { throughProxy } from '../support/proxy.ts';
import { PASSWORD } from '../support/start-server.ts';
import { sharedCluster } from './cluster.ts';

export interface Arena extends Processes {
  readonly url: string;
  /** Where commands are run. */
  readonly place: Place;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** An account with PASSWORD. */
  person(email: string): Promise<void>;
  close(): Promise<void>;
}

export interface ArenaOptions extends Omit<ProcessesOptions, 'count' | 'database'> {
  /** A database that is there already; else one is made in the shared cluster. */
  readonly url?: string;
}

export async function openArena({ url: given, ...options }: ArenaOptions = {}): Promise<Arena> {
  const url = given ?? (await (await sharedCluster()).database('arena'));
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-data-'));
  const end = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const database = { url, dataDir, remove: async () => {} };
    return await openOn(await startProcesses({ ...options, count: 3, database }), { url, end });
  } catch (error) {
    end();
    throw error;
  }
}

async function openOn(processes: Processes, { url, end }: { url: string; end: () => void }): Promise<Arena> {
  const database = new Client({ connectionString: url });
  database.on('error', () => undefined);
  await database.connect();
  const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
  return {
    ...processes,
    url,
    place,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      return (await database.query(text, [...values])).rows as Row[];
    },
    async person(email) {
      const words = ['user', 'create', '--email', email, '--email-verified', '--password-stdin'];
      await answerOf(place, words, { stdin: `${PASSWORD}\n` });
    },
    async close() {
      await database.end().catch(() => undefined);
      await processes.stop();
      end();
    },
  };
}

export interface Timed<T> {
  readonly answer: T;
  readonly milliseconds: number;
}

export async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const answer = await work();
  return { answer, milliseconds: performance.now() - startedAt };
}

/** So many in one moment, to the processes in turn, past the front. */
export const atOnce = <T>({ all }: Processes, count: number, ask: (send: Send) => Promise<T>): Promise<Timed<T>[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => {
      const taker = all[index % all.length];
      if (taker === undefined) throw new Error('there are no processes');
      return timed(() => ask(throughProxy(taker.port)));
    }),
  );

/** What became of a grant: no refresh token and no code of one that is revoked is left. */
export async function grantState(
  { query }: Arena,
  grantId: unknown,
): Promise<'standing' | 'revoked' | 'revoked, with rows left' | 'unknown'> {
  const [grant] = await query<{ destroyed: boolean; left: number }>(
    `select destroyed_at is not null as destroyed,
      (select count(*)::int from oidc_payloads issued where issued.grant_id = granted.id) as left
    from oidc_payloads granted where model = 'Grant' and id = $1`,
    [grantId],
  );
  if (grant === undefined) return 'unknown';
  if (!grant.destroyed) return 'standing';
  return grant.left === 0 ? 'revoked' : 'revoked, with rows left';
}
