// Owns the table served_configurations: what each server process serves, for whoever wants to know what files would change.
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Described } from '../../config/effective/described.ts';
import type { Db } from '../../database/database.ts';
import { databaseNow, databaseNowPlus } from '../../database/time.ts';
import type { ServedClients } from '../plan/describe-client.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export interface ServedSettings {
  readonly values: Described;
  /** Variables of the environment that are set there: the file does not speak for these. */
  readonly variables: readonly string[];
  /** Scopes by API, which client files may name. */
  readonly apis: Readonly<Record<string, readonly string[]>>;
  /** Fingerprint of the key that makes all other fingerprints. */
  readonly fingerprintKey: string;
}

export interface ServerProcess {
  readonly instance: string;
  readonly process: string;
  readonly version: string;
}

export interface Served extends ServerProcess {
  readonly clients: ServedClients;
  readonly settings: ServedSettings;
  readonly digest: string;
  readonly startedAt: Date;
  readonly inForceSince: Date;
  readonly seenAt: Date;
  /** False: it has stopped, or has said nothing for a while. */
  readonly isRunning: boolean;
}

/** Seconds. A process speaks once a minute; one that has missed two of them and more is not there. */
const SILENT_SECONDS = 180;
/** Seconds. The last one that spoke is kept for good. */
const KEPT_SECONDS = 86_400;

/** Says what this process serves now. What has not changed is only seen again. Returns the digest of it. */
export async function noteServed(
  deps: Deps,
  { instance, process, version }: ServerProcess,
  { clients, settings }: Pick<Served, 'clients' | 'settings'>,
): Promise<string> {
  const { db, clock } = deps;
  const digest = digestOf({ clients, settings });
  const now = databaseNow(clock);
  const seen = await db
    .updateTable('served_configurations')
    .set({ seen_at: now, stopped_at: null })
    .where('instance', '=', instance)
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (seen.numUpdatedRows > 0n) return digest;
  const known = withFirstSeen(clients, await readServed(deps), clock.now());
  const values = {
    digest,
    clients: JSON.stringify(known),
    settings: JSON.stringify(settings),
    in_force_since: now,
    seen_at: now,
    stopped_at: null,
  };
  await db
    .insertInto('served_configurations')
    .values({ instance, process, version, started_at: now, ...values })
    .onConflict((conflict) => conflict.column('instance').doUpdateSet(values))
    .execute();
  return digest;
}

/** Settings that each process has of its own. */
export const OF_ONE_PROCESS: readonly string[] = [
  'server.host',
  'server.port',
  'server.workers',
  'metrics.host',
  'metrics.port',
];

function digestOf({
  clients,
  settings: { values, apis, fingerprintKey },
}: Pick<Served, 'clients' | 'settings'>): string {
  const shared = Object.entries(values).filter(([key]) => !OF_ONE_PROCESS.includes(key));
  // Where a file lies differs between machines.
  const semantic = Object.entries(clients).map(([clientId, client]) => [clientId, client.values, client.secrets]);
  return createHash('sha256').update(JSON.stringify({ semantic, shared, apis, fingerprintKey })).digest('base64url');
}

/** A secret is as old as the first process that served it, as far as that was passed on. */
function withFirstSeen(clients: ServedClients, earlier: readonly Served[], now: Date): ServedClients {
  const firstSeen = (clientId: string, fingerprint: string) =>
    earlier
      .flatMap((served) => (Object.hasOwn(served.clients, clientId) ? (served.clients[clientId]?.secrets ?? []) : []))
      .flatMap((secret) => (secret.fingerprint === fingerprint ? (secret.firstSeen ?? []) : []))
      .sort()[0] ?? now.toISOString();
  return Object.fromEntries(
    Object.entries(clients).map(([clientId, client]) => [
      clientId,
      {
        ...client,
        secrets: client.secrets.map((secret) => ({ ...secret, firstSeen: firstSeen(clientId, secret.fingerprint) })),
      },
    ]),
  );
}

/** This process stops: what it has served stays, as what was served last. */
export async function noteStopped({ db, clock }: Deps, instance: string): Promise<void> {
  const now = databaseNow(clock);
  await db
    .updateTable('served_configurations')
    .set({ seen_at: now, stopped_at: now })
    .where('instance', '=', instance)
    .execute();
}

/** The one that spoke last first. */
export async function readServed({ db, clock }: Deps): Promise<readonly Served[]> {
  const rows = await db
    .selectFrom('served_configurations')
    .selectAll()
    .select(({ eb, and }) =>
      and([eb('stopped_at', 'is', null), eb('seen_at', '>', databaseNowPlus(clock, -SILENT_SECONDS))]).as('is_running'),
    )
    .orderBy('seen_at', 'desc')
    .orderBy('instance', 'desc')
    .execute();
  return rows.map((row) => ({
    instance: row.instance,
    process: row.process,
    version: row.version,
    digest: row.digest,
    // Written by noteServed, and by nobody else.
    clients: row.clients as unknown as ServedClients,
    settings: row.settings as unknown as ServedSettings,
    startedAt: row.started_at,
    inForceSince: row.in_force_since,
    seenAt: row.seen_at,
    isRunning: Boolean(row.is_running),
  }));
}

/** Forgets processes that have been gone for a day, unless nobody has spoken after them. */
export async function sweepServed({ db, clock }: Deps): Promise<void> {
  await db
    .deleteFrom('served_configurations')
    .where('seen_at', '<', databaseNowPlus(clock, -KEPT_SECONDS))
    .where('instance', 'not in', (eb) =>
      eb
        .selectFrom('served_configurations')
        .select('instance')
        .orderBy('seen_at', 'desc')
        .orderBy('instance', 'desc')
        .limit(1),
    )
    .execute();
}
