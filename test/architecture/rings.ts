// Who may import whom: imports point down only, and rooms on one line do not know each other.

/** From the top. ARCHITECTURE.md prints the same table, and a test compares the two. */
export const RINGS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['cli'],
  ['server'],
  ['interactions', 'first-run', 'self-service', 'account-centre', 'admin', 'api'],
  ['signed-in', 'administration', 'backups'],
  ['provider', 'first-administrator', 'leaving', 'credentials', 'moving'],
  ['second-factors'],
  ['sessions', 'devices', 'registrations', 'sign-in-codes', 'profiles', 'explanations'],
  ['accounts', 'roles', 'keys', 'clients', 'protocol-store', 'logout-notices', 'figures'],
  ['http', 'limits', 'outgoing', 'mail', 'audit', 'places'],
  ['database', 'observability', 'texts', 'outbox'],
  ['config'],
  ['crypto', 'clock.ts', 'errors.ts', 'package.ts'],
];

/** Higher is further down; -1 for a room that is not on the table. */
export const ringOf = (room: string): number => RINGS.findIndex((rooms) => rooms.includes(room));

/**
 * Packages that only some rooms may import, because these rooms are what hides them from all others. A package that
 * is not named here (koa, kysely, zod) is part of the language that the rooms speak.
 */
export const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['provider', 'protocol-store', 'interactions', 'server'],
  // The command line tells an operator what the database refuses.
  pg: ['database', 'cli'],
  '@electric-sql/pglite': ['database'],
  argon2: ['accounts'],
  bcrypt: ['accounts'],
  otplib: ['second-factors'],
  qrcode: ['second-factors'],
  jose: ['keys', 'provider'],
  '@koa/router': ['http'],
  'koa-views': ['http'],
  pug: ['texts'],
  nodemailer: ['mail'],
  bowser: ['texts'],
  maxmind: ['places'],
  'koa-mount': ['server'],
  yaml: ['config'],
  culori: ['config'],
  'csv-parse': ['moving'],
  'csv-stringify': ['audit', 'moving'],
  'fastest-levenshtein': ['config'],
  pino: ['observability'],
  'pino-pretty': ['observability'],
  'prom-client': ['observability'],
  commander: ['cli'],
  'openid-client': [],
};

/** Rooms without SQL: what they want of the database they ask of the room that owns it. */
export const ROOMS_WITHOUT_SQL: readonly string[] = [
  'http',
  'provider',
  'interactions',
  'first-run',
  'self-service',
  'account-centre',
  'signed-in',
  'admin',
  'api',
  'cli',
];

/** The only ones that know HTTP: the kit, the edges that are built from it, what puts them together, and who calls out. */
export const ROOMS_WITH_HTTP: readonly string[] = [
  'http',
  'outgoing',
  'provider',
  'interactions',
  'first-run',
  'self-service',
  'account-centre',
  'signed-in',
  'admin',
  'api',
  'server',
];

/** Whoever starts the program reads the environment and hands it to config/. */
export const MAY_READ_ENVIRONMENT: RegExp = /^src\/(?:config\/|main\.ts\b)/;
