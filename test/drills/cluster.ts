// A PostgreSQL cluster for drills: with the settings it comes with, so that what it has committed outlasts its death.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { resumeCluster, startCluster, stopCluster } from '../support/postgres-cluster.ts';

export interface Cluster {
  /** Without a database name. */
  readonly url: string;
  /** A database of this name in the place of one that was there; a copy of the template if there is one. @returns its URL */
  database(name: string, template?: string): Promise<string>;
  stop(mode: 'immediate' | 'fast'): void;
  start(): void;
}

let shared: Promise<Cluster> | undefined;
let directory: string | undefined;

/** The same for all drills of a process. One that stops it starts it again. */
export function sharedCluster(): Promise<Cluster> {
  shared ??= begin();
  return shared;
}

export function removeSharedCluster(): void {
  if (directory === undefined) return;
  stopCluster(directory);
  rmSync(directory, { recursive: true, force: true });
  shared = undefined;
  directory = undefined;
}

async function begin(): Promise<Cluster> {
  const place = mkdtempSync(path.join(tmpdir(), 'gatehouse-drills-'));
  directory = place;
  const url = await startCluster(place, {});
  return {
    url,
    async database(name, template = 'template0') {
      await withClient(`${url}/postgres`, async (client) => {
        await client.query(`drop database if exists "${name}" with (force)`);
        // The other strategy copies a sequence with the values it has written ahead elsewhere: after a crash it goes back by
        // up to 32 in the copy, and numbers that rows have already are given again.
        await client.query(`create database "${name}" template "${template}" strategy file_copy`);
      });
      return `${url}/${name}`;
    },
    stop: (mode) => stopCluster(place, mode),
    start: () => resumeCluster(place),
  };
}

/** On a connection of its own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
