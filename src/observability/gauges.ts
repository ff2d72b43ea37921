// The figures that are looked up when they are asked for, and how those of several processes become one.

interface Declared {
  readonly help: string;
  readonly labels: readonly string[];
  /** What is in the database, all processes see alike: the largest is the latest. */
  readonly aggregator: 'sum' | 'max' | 'min';
}

const own = (help: string, ...labels: string[]): Declared => ({ help, labels, aggregator: 'sum' });
const shared = (help: string, ...labels: string[]): Declared => ({ help, labels, aggregator: 'max' });

export const GAUGES = {
  info: own('Processes by the version that they run.', 'version'),
  argon2_running: own('Passwords that are hashed now.'),
  argon2_waiting: own('Sign-ins that wait for a hash.'),
  argon2_shed: own('Sign-ins that were asked to come back since the start, as too many waited.'),
  database_connections: own('Connections of the pool.', 'state'),
  database_waiting: own('Requests that wait for a connection.'),
  outbox_waiting: shared('Messages that are still to be delivered.', 'outbox'),
  outbox_given_up: shared('Messages that could not be delivered, and are not tried again.', 'outbox'),
  outbox_oldest_seconds: shared('Age of the oldest message that waits; 0 where none does.', 'outbox'),
  sweep_last_success_timestamp_seconds: shared('When expired rows were last swept to the end, by any process.'),
  signing_key_age_seconds: shared('How long the key has signed that signs now.', 'algorithm'),
  signing_key_rotation_days: {
    help: 'Days until the next key signs; negative when that is overdue.',
    labels: ['algorithm'],
    aggregator: 'min',
  },
  configuration_reload_success: {
    help: 'Whether files, as they were last read, could be put in force: 1 or 0. The smallest of all processes.',
    labels: ['files'],
    aggregator: 'min',
  },
  configuration_in_force_timestamp_seconds: shared('Since when a process has served what it serves now.'),
  configuration_info: own('Processes by what they serve; equal hashes mean equal configurations.', 'hash'),
} as const satisfies Readonly<Record<string, Declared>>;

export type GaugeName = keyof typeof GAUGES;
