// What is looked up when the figures are asked for: of this process, and of the database.
import { sql } from 'kysely';
import type { PasswordHasher } from '../../accounts/password-hash.ts';
import { copyEvents } from '../../audit/audit-log.ts';
import type { EventName } from '../../audit/events.ts';
import type { LiveClients } from '../../clients/live/live-clients.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Db, OpenDatabase } from '../../database/database.ts';
import { databaseNow } from '../../database/time.ts';
import { changesAt } from '../../keys/coming.ts';
import { describeKeys } from '../../keys/signing-keys.ts';
import type { Metrics, SetGauge } from '../../observability/metrics.ts';
import { lastDone } from '../jobs.ts';

export interface Looked {
  readonly config: Config;
  readonly clock: Clock;
  readonly database: OpenDatabase;
  readonly hasher: PasswordHasher;
  readonly live: LiveClients;
}

/** Returns whom to tell what this process serves. */
export function lookAt(metrics: Metrics, { config, clock, database, hasher, live }: Looked): (digest: string) => void {
  const { db } = database;
  copyEvents(db, ({ event }) => {
    const outcome = OUTCOMES.get(event);
    if (outcome !== undefined) metrics.signIn(outcome);
  });
  metrics.beforeReading((set) => {
    const { running, waiting, shed } = hasher.load();
    set('argon2_running', running);
    set('argon2_waiting', waiting);
    set('argon2_shed', shed);
    const { idle, busy, waiting: forConnection } = database.load();
    set('database_connections', idle, { state: 'idle' });
    set('database_connections', busy, { state: 'busy' });
    set('database_waiting', forConnection);
    const status = live.status();
    for (const files of ['clients', 'server', 'roles'] as const)
      set('configuration_reload_success', status[files] === 'current' ? 1 : 0, { files });
  });
  let served: { readonly digest: string; readonly since: number } | undefined;
  metrics.beforeReading((set) => {
    if (served === undefined) return;
    set('configuration_info', 1, { hash: served.digest });
    set('configuration_in_force_timestamp_seconds', served.since);
  });
  metrics.beforeReading((set) => lookAtOutboxes({ db, clock }, set));
  metrics.beforeReading(async (set) => {
    const at = await lastDone(db, 'housekeeping');
    if (at !== undefined) set('sweep_last_success_timestamp_seconds', at.getTime() / 1000);
  });
  metrics.beforeReading(async (set) => {
    const keys = await describeKeys(db);
    const now = clock.now().getTime();
    for (const key of keys.filter(({ stage }) => stage === 'active')) {
      const { algorithm } = key;
      const due = changesAt(key, keys, config.keys);
      set('signing_key_age_seconds', (now - (key.activatedAt ?? key.createdAt).getTime()) / 1000, { algorithm });
      if (due !== undefined) set('signing_key_rotation_days', (due.getTime() - now) / 86_400_000, { algorithm });
    }
  });
  return (digest) => {
    if (served?.digest !== digest) served = { digest, since: clock.now().getTime() / 1000 };
  };
}

const OUTCOMES: ReadonlyMap<EventName, string> = new Map<EventName, string>([
  ['sign_in.succeeded', 'succeeded'],
  ['sign_in.failed', 'failed'],
  ['sign_in.limited', 'limited'],
  ['sign_in.refused', 'refused'],
  ['sign_in.cancelled', 'cancelled'],
  ['sign_in.unmet', 'unmet'],
  ['sign_in.extra_step_failed', 'extra_step_failed'],
  ['second_factor.failed', 'second_factor_failed'],
]);

async function lookAtOutboxes({ db, clock }: { db: Db; clock: Clock }, set: SetGauge): Promise<void> {
  const ofOne = (outbox: string, table: string) => sql<Outbox>`
    select ${outbox} as outbox, count(*) filter (where given_up_at is null)::int as waiting,
      count(*) filter (where given_up_at is not null)::int as given_up,
      coalesce(extract(epoch from ${databaseNow(clock)} - min(created_at) filter (where given_up_at is null)), 0)::float8 as oldest
    from ${sql.table(table)} where delivered_at is null`;
  const both = sql<Outbox>`${ofOne('mail', 'mail_outbox')} union all ${ofOne('logout_notice', 'logout_notices')}`;
  for (const { outbox, waiting, given_up, oldest } of (await both.execute(db)).rows) {
    set('outbox_waiting', waiting, { outbox });
    set('outbox_given_up', given_up, { outbox });
    set('outbox_oldest_seconds', oldest, { outbox });
  }
}

interface Outbox {
  readonly outbox: string;
  readonly waiting: number;
  readonly given_up: number;
  readonly oldest: number;
}
