// A site whose disk is full for a while: what is asked of it before, meanwhile and after, and what is left of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../cli/command-line.ts';
import { authorize, redeemFor, tokensOf } from '../protocol/apps.ts';
import type { Report } from './drill.ts';
import { startKeeper } from './keeper.ts';
import { APPS, type Chain, type Kind, lostChains, startTraffic, type Traffic } from './traffic.ts';
import type { Volume } from './volume.ts';

export const EMAIL = 'jane@example.test';
/** Chains of each app. */
const CHAINS = 2;

export interface Addressed {
  readonly issuer: string;
  readonly place: Place;
}

/** Seconds. */
export interface Times {
  readonly calm: number;
  /** After the first write that was refused. */
  readonly full: number;
}

export interface Filling {
  readonly volume: Volume;
  readonly times: Times;
  /** Which of these accounts are there. */
  readonly present: (ids: readonly string[]) => Promise<number>;
  /** What happens besides, once the first write is refused. */
  readonly worse?: () => Promise<void>;
  /** What is done besides making room. */
  readonly back?: () => Promise<void>;
}

export interface Seen {
  readonly traffic: Traffic;
  readonly recoverySeconds: number;
  /** Chains whose last token is not good. */
  readonly lost: number;
  /** Accounts that were confirmed and are not there. */
  readonly missing: number;
}

export async function whileFull(site: Addressed, filling: Filling): Promise<Seen> {
  const { volume, times, present, worse, back } = filling;
  const keeper = await startKeeper(site.issuer, site.place);
  const traffic = startTraffic(site.issuer, { keeper, chains: await newChains(site) });
  try {
    await sleep(times.calm * 1000);
    traffic.phase = 'during';
    volume.fill();
    await untilRefused(traffic);
    await worse?.();
    await sleep(times.full * 1000);
    volume.free();
    await back?.();
    traffic.phase = 'after';
    const recoverySeconds = await untilWritten(traffic);
    await sleep(times.calm * 1000);
    await traffic.stop();
    return { traffic, recoverySeconds, ...(await leftOf(site, traffic, present)) };
  } finally {
    volume.free();
    await traffic.stop();
  }
}

export async function leftOf(
  { issuer }: Addressed,
  { keeper, chains }: Traffic,
  present: Filling['present'],
): Promise<Pick<Seen, 'lost' | 'missing'>> {
  const missing = keeper.acknowledged.length - (await present(keeper.acknowledged));
  return { missing, lost: await lostChains(issuer, chains) };
}

async function newChains({ issuer }: Addressed): Promise<Chain[]> {
  const { browser } = await authorize(issuer, { email: EMAIL });
  const chains: Chain[] = [];
  for (const app of Array.from({ length: CHAINS }, () => APPS).flat()) {
    const { body } = await redeemFor(issuer, app, await authorize(issuer, { app, browser }));
    chains.push({ app, refreshToken: tokensOf(body).refreshToken });
  }
  return chains;
}

/** Seconds that pages have room for what is written until then. */
const ROOM_LEFT_SECONDS = 120;

async function untilRefused(traffic: Traffic): Promise<void> {
  const giveUpAt = performance.now() + ROOM_LEFT_SECONDS * 1000;
  while ((traffic.tally('write', 'during')['503'] ?? 0) === 0) {
    if (performance.now() > giveUpAt) throw new Error('everything goes on being written');
    await sleep(50);
  }
}

/** Seconds until three accounts in a row are made. */
export async function untilWritten({ keeper }: Traffic): Promise<number> {
  const startedAt = performance.now();
  for (let inARow = 0; inARow < 3; ) {
    const status = await keeper.makes().then(
      (answer) => answer.status,
      () => 0,
    );
    inARow = status === 201 ? inARow + 1 : 0;
    if (performance.now() - startedAt > 120_000) throw new Error(`no account can be made: ${status}`);
    if (status !== 201) await sleep(50);
  }
  return Math.round((performance.now() - startedAt) / 100) / 10;
}

const inWords = (tally: Readonly<Record<string, number>>): string =>
  Object.entries(tally)
    .map(([status, count]) => `${status} ×${count}`)
    .join(', ') || 'none';

export const only = ({ traffic }: Seen, kind: Kind, statuses: readonly string[]): boolean =>
  Object.keys(traffic.tally(kind, 'during')).every((status) => statuses.includes(status));

export const refusedIn = ({ traffic }: Seen): number => traffic.tally('write', 'during')['503'] ?? 0;

export function figuresOf(name: string, seen: Seen): Report['more'] {
  const { traffic, missing } = seen;
  const during = (kind: Kind) => inWords(traffic.tally(kind, 'during'));
  return {
    [`${name}: writes`]: during('write'),
    [`${name}: introspections`]: during('read'),
    [`${name}: JWKS and discovery`]: during('read from memory'),
    [`${name}: accounts confirmed`]: `${traffic.keeper.acknowledged.length}, ${missing} missing`,
    [`${name}: seconds until written again`]: seen.recoverySeconds,
  };
}
