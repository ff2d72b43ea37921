// How long an app's refreshes take while 500 people sign in at once, over and over. `npm run bench:crowd`.
// ROUNDS=10 crowds. The crowd and its sockets are in this process too, so that the figures are upper bounds.
import { loadavg } from 'node:os';
import { expect, test } from 'vitest';
import { SPA, signedIn } from '../protocol/apps.ts';
import { CROWD_SETTINGS, crowdSignsIn } from '../support/crowd.ts';
import { startTestServer } from '../support/start-server.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const COUNT = 500;

test('an app refreshes while a crowd signs in', async () => {
  const load = loadavg()[0];
  const times: number[] = [];
  let grown = 0;
  let turnedAway = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startTestServer({ settings: CROWD_SETTINGS });
    await server.person({ email: 'pia@example.test' });
    const { tokens } = await signedIn(server.issuer, { app: SPA, email: 'pia@example.test' });
    const warm = await crowdSignsIn(server, { count: COUNT, refreshToken: tokens.refreshToken });
    const crowd = await crowdSignsIn(server, { count: COUNT, refreshToken: warm.refreshToken });
    await server.stop();
    expect(crowd.refreshes.every(({ status }) => status === 200)).toBe(true);
    times.push(...crowd.refreshes.map(({ milliseconds }) => milliseconds));
    turnedAway += crowd.statuses.filter((status) => status === 503).length;
    grown = Math.max(grown, crowd.grownMib);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const figures = { p50: at(0.5), p99: at(0.99), most: at(1), turnedAway, grownMib: Math.round(grown) };
  console.table([{ rounds: ROUNDS, crowd: COUNT, refreshes: times.length, ...figures, loadBefore: load }]);
});
