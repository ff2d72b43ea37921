// A crowd signs in at once while an app goes on refreshing: what everybody was answered, and what it took.
import { setTimeout as sleep } from 'node:timers/promises';
import { refresh, SPA } from '../protocol/apps.ts';
import { RESOURCES, type TestServer } from './start-server.ts';
import { visits } from './visits.ts';

/** What src/accounts takes for one password. */
export const HASH_MIB = 19;
export const PARALLEL_HASHES = 2;
/** Nobody of the crowd is a guesser, so that each of them is hashed for or finds the queue full. */
export const CROWD_SETTINGS = `
limits:
  { parallel_hashes: ${PARALLEL_HASHES}, hash_queue: 50, sign_in_failures: 100, network_accounts: 1000, alarm_failures: 1000000 }
${RESOURCES}`;

const MIB = 1024 * 1024;
const SAMPLE_MS = 10;

export interface Crowd {
  /** What the app refreshes with next. */
  readonly refreshToken: string;
  readonly statuses: readonly number[];
  readonly refreshes: readonly { readonly status: number; readonly milliseconds: number }[];
  /** How much larger the process was at most than before, in MiB. */
  readonly grownMib: number;
}

interface CrowdOptions {
  readonly count: number;
  readonly refreshToken: string;
  /** Of the server, where it is a process of its own. */
  readonly rssMib?: () => Promise<number>;
}

const ownRssMib = async () => process.memoryUsage.rss() / MIB;

/** Somebody who had signed in to an app has it refresh until the last of the crowd is answered. */
export async function crowdSignsIn(
  server: Pick<TestServer, 'issuer'>,
  { count, rssMib = ownRssMib, ...somebody }: CrowdOptions,
): Promise<Crowd> {
  const { browser } = await visits(server);
  const before = await rssMib();
  let most = before;
  let waiting = true;
  const crowd = Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const form = browser.form({ identifier: `nobody-${at}@example.test`, password: 'a wrong password' }, 'Sign in');
      const answer = await browser.request(form.action, { method: 'POST', form: form.data });
      await answer.arrayBuffer();
      return answer.status;
    }),
  ).finally(() => {
    waiting = false;
  });
  const watch = (async () => {
    while (waiting) {
      most = Math.max(most, await rssMib());
      await sleep(SAMPLE_MS);
    }
  })();
  const refreshes: { status: number; milliseconds: number }[] = [];
  let { refreshToken } = somebody;
  while (waiting) {
    const start = performance.now();
    const { status, body } = await refresh(server.issuer, SPA, refreshToken);
    refreshes.push({ status, milliseconds: performance.now() - start });
    if (status === 200) refreshToken = String(body['refresh_token']);
  }
  const statuses = await crowd;
  await watch;
  return { refreshToken, statuses, refreshes, grownMib: most - before };
}
