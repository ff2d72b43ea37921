// The settings in force, by the keys and units of gatehouse.yaml, with secrets masked.
import { basename } from 'node:path';
import type { Attribute, Config, Resource, SessionLimits } from '../config.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { dotted } from '../problem.ts';
import { type Described, described, type Keys, nothing, type Value } from './described.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const KEYS: Keys<Config> = {
  mode: 'mode',
  issuer: 'issuer',
  name: 'name',
  branding: (branding) =>
    described(branding, {
      logoFile: (file) => ({ 'branding.logo': file === undefined ? null : basename(file) }),
      accent: 'branding.accent',
      colours: nothing,
      termsUrl: 'branding.terms_url',
      privacyUrl: 'branding.privacy_url',
      supportUrl: 'branding.support_url',
    }),
  server: (server) =>
    described(server, {
      host: 'server.host',
      port: 'server.port',
      workers: 'server.workers',
      trustedProxies: 'server.trusted_proxies',
      internalHosts: 'server.internal_hosts',
      drainSeconds: 'server.drain_seconds',
    }),
  metrics: (metrics) =>
    described(metrics, {
      port: 'metrics.port',
      host: 'metrics.host',
      allowedHosts: 'metrics.allowed_hosts',
      token: (token) => ({ 'metrics.token': token === undefined ? null : 'set' }),
    }),
  database: (database) =>
    described(database, {
      url: (url) => ({ 'database.url': url === undefined ? null : withoutPassword(url) }),
      poolSize: 'database.pool_size',
      preparedStatements: 'database.prepared_statements',
      startWaitSeconds: 'database.start_wait_seconds',
    }),
  mail: (mail) =>
    described(mail, {
      smtpUrl: (url) => ({ 'mail.smtp_url': url === undefined ? null : withoutPassword(url) }),
      from: (from) => ({ 'mail.from': written(from) }),
      replyTo: (replyTo) => ({ 'mail.reply_to': replyTo === undefined ? null : written(replyTo) }),
      connections: 'mail.connections',
      plaintextInProduction: 'mail.plaintext_in_production',
      tlsRequired: nothing,
    }),
  outgoing: (outgoing) => described(outgoing, { privateHosts: 'outgoing.private_hosts' }),
  accounts: (accounts) =>
    described(accounts, {
      mfa: 'mfa',
      passwordMinLength: 'passwords.min_length',
      passwordMinLengthWithSecondFactor: 'passwords.min_length_with_second_factor',
      passwordMaxLength: 'passwords.max_length',
      deletionGraceSeconds: inUnits('accounts.deletion_grace_days', DAY),
    }),
  registration: (registration) =>
    described(registration, {
      policy: 'registration.policy',
      allowedDomains: 'registration.allowed_domains',
      refusedDomains: 'registration.refused_domains',
      requiredFields: 'registration.required_fields',
      reservedUsernames: 'registration.reserved_usernames',
      termsVersion: 'registration.terms_version',
    }),
  geo: (geo) =>
    described(geo, { mmdbFile: (file) => ({ 'geo.mmdb_file': file === undefined ? null : basename(file) }) }),
  sessions: (sessions) =>
    described(sessions, {
      idleSeconds: inUnits('sessions.idle_minutes', MINUTE),
      absoluteSeconds: inUnits('sessions.absolute_hours', HOUR),
      keep: describeKeep,
    }),
  tokens: (tokens) =>
    described(tokens, {
      defaultAudience: 'tokens.default_audience',
      accessTokenSeconds: 'tokens.access_token_seconds',
      clientCredentialsTokenSeconds: 'tokens.client_credentials_token_seconds',
      idTokenSeconds: 'tokens.id_token_seconds',
      refreshTokenIdleSeconds: inUnits('tokens.refresh_token_idle_days', DAY),
      refreshTokenAbsoluteSeconds: inUnits('tokens.refresh_token_absolute_days', DAY),
      mostRoles: 'tokens.most_roles',
    }),
  keys: (keys) =>
    described(keys, {
      algorithms: 'keys.algorithms',
      rotateEverySeconds: inUnits('keys.rotate_every_days', DAY),
      publishAheadSeconds: inUnits('keys.publish_ahead_hours', HOUR),
      keepRetiredSeconds: inUnits('keys.keep_retired_hours', HOUR),
    }),
  limits: (limits) =>
    described(limits, {
      signInFailures: 'limits.sign_in_failures',
      signInWindowSeconds: inUnits('limits.sign_in_window_minutes', MINUTE),
      accountFailures: 'limits.account_failures',
      accountWindowSeconds: inUnits('limits.account_window_hours', HOUR),
      networkAccounts: 'limits.network_accounts',
      networkWindowSeconds: inUnits('limits.network_window_minutes', MINUTE),
      networkBlockSeconds: inUnits('limits.network_block_minutes', MINUTE),
      alarmFailures: 'limits.alarm_failures',
      alarmWindowSeconds: inUnits('limits.alarm_window_minutes', MINUTE),
      secondFactorFailures: 'limits.second_factor_failures',
      secondFactorWindowSeconds: inUnits('limits.second_factor_window_minutes', MINUTE),
      mailsPerRecipient: 'limits.mails_per_recipient',
      mailsPerNetwork: 'limits.mails_per_network',
      signUpsPerNetwork: 'limits.sign_ups_per_network',
      parallelHashes: 'limits.parallel_hashes',
      hashQueue: 'limits.hash_queue',
    }),
  api: (api) =>
    described(api, {
      audience: nothing,
      docs: 'api.docs',
      requestsPerMinute: 'api.requests_per_minute',
      refusalsPerMinute: 'api.refusals_per_minute',
    }),
  logging: (logging) => described(logging, { level: 'logging.level', format: 'logging.format' }),
  audit: (audit) =>
    described(audit, {
      retentionSeconds: inUnits('audit.retention_days', DAY),
      tokens: 'audit.tokens',
      stdout: 'audit.stdout',
    }),
  resources: (resources) => Object.assign({}, ...[...resources.values()].map(describeResource)),
  attributes: (attributes) => Object.assign({}, ...[...attributes.values()].map(describeAttribute)),
  // Where files are is no setting, and the master secret is told apart by its fingerprint only.
  paths: nothing,
  masterSecret: nothing,
  previousSecrets: nothing,
};

export const describeSettings = (config: Config): Described => described(config, KEYS);

/** Keys of what may be there or not: the APIs, and the attributes. */
export const isDeclaredKey = (key: string): boolean => /^(?:resources\[|attributes\.)/.test(key);

const inUnits = (key: string, unit: number) => (seconds: number) => ({ [key]: seconds / unit });

const describeKeep = (keep: SessionLimits | undefined): Described => ({
  'sessions.keep_me_signed_in': keep !== undefined,
  'sessions.keep_idle_days': keep === undefined ? null : keep.idleSeconds / DAY,
  'sessions.keep_absolute_days': keep === undefined ? null : keep.absoluteSeconds / DAY,
});

function describeResource(resource: Resource): Described {
  const key = dotted(['resources', resource.audience]);
  return described(resource, {
    audience: nothing,
    name: `${key}.name`,
    scopes: (scopes) => ({ [`${key}.scopes`]: [...scopes].map(([scope, sentence]) => `${scope}: ${sentence}`) }),
    accessTokenSeconds: `${key}.access_token_seconds`,
    signingAlgorithm: `${key}.signing_alg`,
  });
}

const written = ({ name, address }: Mailbox): string => (name === undefined ? address : `${name} <${address}>`);

/** Where the database or mail server is; not who asks for it, nor what else the address says. */
function describeAttribute(attribute: Attribute): Described {
  const key = dotted(['attributes', attribute.name]);
  return described(attribute, {
    name: nothing,
    label: `${key}.label`,
    type: `${key}.type`,
    choices: `${key}.choices`,
    edit: `${key}.edit`,
    scope: `${key}.scope`,
    claim: `${key}.claim`,
    required: `${key}.required`,
  });
}

/** Where the database is; not who asks for it, nor what else the address says. */
function withoutPassword(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** Settings that these variables of the environment decide wherever they are set. */
const VARIABLES: Readonly<Record<string, string | readonly string[]>> = {
  mode: 'GATEHOUSE_MODE',
  issuer: 'GATEHOUSE_ISSUER',
  'server.host': 'HOST',
  'server.port': 'PORT',
  'database.url': 'DATABASE_URL',
  'mail.smtp_url': ['GATEHOUSE_SMTP_URL', 'GATEHOUSE_SMTP_URL_FILE'],
  'logging.level': 'GATEHOUSE_LOG_LEVEL',
};

/**
 * Keys that a server has from its environment, or that follow from one of these, while this environment says nothing
 * about them: a file cannot tell what they will be.
 */
export function decidedElsewhere(
  served: { readonly values: Described; readonly variables: readonly string[] },
  stated: ReadonlySet<string>,
): ReadonlySet<string> {
  const { values, variables } = served;
  const isElsewhere = (names: readonly string[]) =>
    names.some((name) => variables.includes(name)) && !names.some((name) => stated.has(name));
  const keys = new Set(Object.keys(VARIABLES).filter((key) => isElsewhere([VARIABLES[key] ?? []].flat())));
  const follows = (key: string, from: string, value: Value | undefined) => {
    if (keys.has(from) && values[key] === value) keys.add(key);
  };
  follows('issuer', 'server.port', `http://localhost:${String(values['server.port'])}`);
  follows('tokens.default_audience', 'issuer', values['issuer']);
  follows('logging.format', 'mode', values['mode'] === 'production' ? 'json' : 'pretty');
  return keys;
}
