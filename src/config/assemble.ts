// Puts the checked parts together: our own names, seconds everywhere, defaults that depend on each other.
import { join, resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { accentColours } from './branding/accent-colours.ts';
import type {
  Attribute,
  Config,
  KeysConfig,
  LimitsConfig,
  MailConfig,
  MetricsConfig,
  Mode,
  RegistrationConfig,
  Resource,
  SessionsConfig,
  TokensConfig,
} from './config.ts';
import type { EnvironmentSettings } from './environment.ts';
import { deepFreeze, frozenMap } from './frozen.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from './keys/algorithms.ts';
import { usualRetiredHours } from './keys/times.ts';
import { type Mailbox, parseMailbox } from './mail/mailbox.ts';
import { productAudience } from './roles/product-api.ts';
import type { ConfigFile } from './schema.ts';
import { isLoopback } from './urls.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Decided {
  readonly mode: Mode;
  readonly issuer: string;
  readonly databaseUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly masterSecret: string;
  readonly previousSecrets: readonly string[];
}

export function assembleConfig(environment: EnvironmentSettings, file: ConfigFile, decided: Decided): Config {
  const { mode, issuer, masterSecret, previousSecrets } = decided;
  return deepFreeze<Config>({
    mode,
    issuer,
    masterSecret,
    previousSecrets,
    name: file.name,
    branding: brandingOf(file.branding, environment.configDir),
    paths: pathsOf(environment),
    server: {
      host: environment.host ?? file.server.host,
      port: environment.port ?? file.server.port,
      workers: file.server.workers,
      trustedProxies: file.server.trusted_proxies,
      internalHosts: file.server.internal_hosts,
      drainSeconds: file.server.drain_seconds,
    },
    outgoing: { privateHosts: privateHostsOf(file.outgoing, mode) },
    database: {
      url: decided.databaseUrl,
      poolSize: file.database.pool_size,
      preparedStatements: file.database.prepared_statements,
      startWaitSeconds: file.database.start_wait_seconds,
    },
    mail: mailOf(file.mail, decided),
    accounts: {
      mfa: file.mfa,
      passwordMinLength: file.passwords.min_length,
      passwordMinLengthWithSecondFactor: file.passwords.min_length_with_second_factor,
      passwordMaxLength: file.passwords.max_length,
      deletionGraceSeconds: file.accounts.deletion_grace_days * DAY,
    },
    registration: registrationOf(file.registration),
    geo: { mmdbFile: file.geo.mmdb_file && resolve(environment.configDir, file.geo.mmdb_file) },
    sessions: sessionsOf(file.sessions),
    tokens: tokensOf(file.tokens, issuer),
    keys: keysOf(file),
    limits: limitsOf(file.limits),
    api: {
      audience: productAudience(issuer),
      docs: file.api.docs ?? mode === 'development',
      requestsPerMinute: file.api.requests_per_minute,
      refusalsPerMinute: file.api.refusals_per_minute,
    },
    logging: {
      level: environment.logLevel ?? file.logging.level,
      format: file.logging.format ?? (mode === 'production' ? 'json' : 'pretty'),
    },
    metrics: metricsOf(file.metrics),
    audit: {
      retentionSeconds: file.audit.retention_days * DAY,
      tokens: file.audit.tokens,
      stdout: file.audit.stdout,
    },
    resources: resourcesOf(file.resources, file.tokens),
    attributes: attributesOf(file.attributes),
  });
}

const brandingOf = (branding: ConfigFile['branding'], configDir: string): Config['branding'] => ({
  logoFile: branding.logo === undefined ? undefined : join(configDir, branding.logo),
  accent: branding.accent,
  colours: branding.accent === undefined ? undefined : accentColours(branding.accent),
  termsUrl: branding.terms_url,
  privacyUrl: branding.privacy_url,
  supportUrl: branding.support_url,
});

const sessionsOf = (file: ConfigFile['sessions']): SessionsConfig => ({
  idleSeconds: file.idle_minutes * MINUTE,
  absoluteSeconds: file.absolute_hours * HOUR,
  keep: file.keep_me_signed_in
    ? { idleSeconds: file.keep_idle_days * DAY, absoluteSeconds: file.keep_absolute_days * DAY }
    : undefined,
});

export const pathsOf = ({ configDir, dataDir }: EnvironmentSettings) => ({
  configDir,
  dataDir,
  clientsDir: join(configDir, 'clients'),
});

/** In development everything runs on one machine. */
export const privateHostsOf = (outgoing: ConfigFile['outgoing'], mode: Mode | undefined): readonly string[] =>
  mode === 'development' ? [...outgoing.private_hosts, '127.0.0.0/8', '::1'] : outgoing.private_hosts;

export const resourcesOf = (
  resources: ConfigFile['resources'],
  tokens: ConfigFile['tokens'],
): ReadonlyMap<string, Resource> =>
  frozenMap(
    Object.entries(resources).map(([audience, { name, scopes, access_token_seconds, signing_alg }]) => [
      audience,
      {
        audience,
        name,
        scopes: frozenMap(Object.entries(scopes)),
        accessTokenSeconds: access_token_seconds ?? tokens.access_token_seconds,
        signingAlgorithm: signing_alg,
      },
    ]),
  );

const registrationOf = (registration: ConfigFile['registration']): RegistrationConfig => ({
  policy: registration.policy,
  allowedDomains: registration.allowed_domains.map(asciiDomain),
  refusedDomains: registration.refused_domains.map(asciiDomain),
  requiredFields: registration.required_fields,
  reservedUsernames: registration.reserved_usernames.map((name) => name.toLowerCase()),
  termsVersion: registration.terms_version,
});

const asciiDomain = (domain: string): string =>
  domain.startsWith('*.') ? `*.${domainToASCII(domain.slice(2))}` : domainToASCII(domain);
export const attributesOf = (attributes: ConfigFile['attributes']): ReadonlyMap<string, Attribute> =>
  frozenMap(
    Object.entries(attributes).map(([name, stated]) => [
      name,
      { ...stated, name, choices: stated.choices ?? [], claim: stated.claim ?? name },
    ]),
  );

const tokensOf = (tokens: ConfigFile['tokens'], issuer: string): TokensConfig => ({
  defaultAudience: tokens.default_audience ?? issuer,
  accessTokenSeconds: tokens.access_token_seconds,
  clientCredentialsTokenSeconds: tokens.client_credentials_token_seconds,
  idTokenSeconds: tokens.id_token_seconds,
  refreshTokenIdleSeconds: tokens.refresh_token_idle_days * DAY,
  refreshTokenAbsoluteSeconds: tokens.refresh_token_absolute_days * DAY,
  mostRoles: tokens.most_roles,
});

const metricsOf = ({ allowed_hosts, ...metrics }: ConfigFile['metrics']): MetricsConfig => ({
  port: metrics.port,
  host: metrics.host,
  token: metrics.token,
  allowedHosts: allowed_hosts,
});

const keysOf = (file: ConfigFile): KeysConfig => ({
  algorithms: [...new Set<SigningAlgorithm>([DEFAULT_ALGORITHM, ...file.keys.algorithms])],
  rotateEverySeconds: file.keys.rotate_every_days * DAY,
  publishAheadSeconds: file.keys.publish_ahead_hours * HOUR,
  keepRetiredSeconds: (file.keys.keep_retired_hours ?? usualRetiredHours(file)) * HOUR,
});

/** On the machine itself nobody listens in, and in development whatever there is will do. */
function mailOf(mail: ConfigFile['mail'], { mode, issuer, smtpUrl }: Decided): MailConfig {
  const isHere = smtpUrl !== undefined && isLoopback(new URL(smtpUrl));
  return {
    smtpUrl,
    from: mailboxOf(mail.from) ?? { name: undefined, address: `no-reply@${new URL(issuer).hostname}` },
    replyTo: mailboxOf(mail.reply_to),
    connections: mail.connections,
    tlsRequired: mode === 'production' && !isHere && !mail.plaintext_in_production,
    plaintextInProduction: mail.plaintext_in_production,
  };
}

const mailboxOf = (text: string | undefined): Mailbox | undefined =>
  text === undefined ? undefined : parseMailbox(text);

const limitsOf = (limits: ConfigFile['limits']): LimitsConfig => ({
  signInFailures: limits.sign_in_failures,
  signInWindowSeconds: limits.sign_in_window_minutes * MINUTE,
  accountFailures: limits.account_failures,
  accountWindowSeconds: limits.account_window_hours * HOUR,
  networkAccounts: limits.network_accounts,
  networkWindowSeconds: limits.network_window_minutes * MINUTE,
  networkBlockSeconds: limits.network_block_minutes * MINUTE,
  alarmFailures: limits.alarm_failures,
  alarmWindowSeconds: limits.alarm_window_minutes * MINUTE,
  secondFactorFailures: limits.second_factor_failures,
  secondFactorWindowSeconds: limits.second_factor_window_minutes * MINUTE,
  mailsPerRecipient: limits.mails_per_recipient,
  mailsPerNetwork: limits.mails_per_network,
  signUpsPerNetwork: limits.sign_ups_per_network,
  parallelHashes: limits.parallel_hashes,
  hashQueue: limits.hash_queue,
});
