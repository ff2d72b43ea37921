// What a drill begins with: people, apps, and chains that were made before anything failed. Made once a process, in a database
// that every drill gets a copy of.
import { randomUUID } from 'node:crypto';
import { createPasswordHasher } from '../../src/accounts/password-hash.ts';
import { passwordRulesFor } from '../../src/accounts/password-rules.ts';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createAccount } from '../support/stored-account.ts';
import { sharedCluster } from './cluster.ts';
import { lastingPort } from './ports.ts';
import { type Site, startSite } from './site.ts';
import { browserAt, clientFiles, type Entrance, entranceTo, newChain } from './visitors.ts';
import type { Chain, SignedInBrowser } from './workload.ts';

export interface Ground {
  /** nginx's port: in the issuer, and so in every token. */
  readonly port: number;
  readonly template: string;
  readonly clients: Readonly<Record<string, string>>;
  readonly people: readonly string[];
  readonly chains: readonly Chain[];
  readonly browsers: readonly SignedInBrowser[];
}

interface Size {
  readonly people: number;
  /** Apps, half of them public. Each person has a chain at each. */
  readonly pairs: number;
}

const FULL: Size = { people: 104, pairs: 25 };
const SHORT: Size = { people: 6, pairs: 8 };

const made = new Map<boolean, Promise<Ground>>();

export function groundFor({ short }: { readonly short: boolean }): Promise<Ground> {
  const ground = made.get(short) ?? makeGround(short ? SHORT : FULL);
  made.set(short, ground);
  return ground;
}

async function makeGround({ people: count, pairs }: Size): Promise<Ground> {
  const cluster = await sharedCluster();
  const template = `ground_${count}`;
  const databaseUrl = await cluster.database(template);
  const clients = clientFiles(pairs);
  const port = await lastingPort();
  const site = await startSite({ databaseUrl, port, clients, processes: 2 });
  try {
    const people = Array.from({ length: count }, (_, index) => `person-${index}@example.test`);
    await makePeople(site, people);
    const entrance = entranceTo({ issuer: site.issuer, certificate: site.nginx.certificate });
    const signedIn = await inParallel(people, (email) => everyApp(entrance, { email, clients: Object.keys(clients) }));
    await entrance.agent.close();
    // One that is killed counts as running for three minutes, with its secret, in every copy.
    await Promise.all(site.processes.map((each) => each.stop('SIGTERM')));
    const chains = signedIn.flatMap((each) => each.chains);
    return { port, template, clients, people, chains, browsers: signedIn.map(({ browser }) => browser) };
  } finally {
    await site.stop();
  }
}

async function makePeople({ env, configDir }: Site, people: readonly string[]): Promise<void> {
  const { config } = loadConfiguration({ env, cwd: configDir });
  const database = await openDatabase({ url: env['DATABASE_URL'], dataDir: '', poolSize: 4 });
  const hasher = createPasswordHasher({ parallel: 2, queue: 1000 });
  const rules = passwordRulesFor(config.accounts, config.name);
  const deps = { db: database.db, clock: systemClock, hasher, rules };
  try {
    for (const email of people) {
      const password = 'correct horse battery staple';
      const created = await createAccount(deps, { email, displayName: 'A Person', password, emailVerified: true });
      if (created.outcome !== 'created') throw new Error(`${email}: ${JSON.stringify(created)}`);
    }
  } finally {
    await database.close();
  }
}

async function everyApp(entrance: Entrance, { email, clients }: { email: string; clients: readonly string[] }) {
  const browser = browserAt(entrance);
  const chains: Chain[] = [];
  for (const clientId of clients) chains.push((await newChain(entrance, { clientId, browser, email })).chain);
  const signedIn: SignedInBrowser = { clientId: clients[0] ?? '', jar: await browser.jar.serialize() };
  return { chains, browser: signedIn };
}

const AT_ONCE = 6;

async function inParallel<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < all.length; at = next++) results[at] = await work(all[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

/** A database of its own, as the ground was when it was made. */
export async function copyOf({ template }: Ground): Promise<string> {
  const cluster = await sharedCluster();
  return cluster.database(`drill_${randomUUID().slice(0, 8)}`, template);
}
