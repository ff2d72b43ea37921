// The tables as Kysely sees them. A test holds this against the migrated database.
import type { Generated } from 'kysely';
import type {
  ClientRolesTable,
  GroupMembersTable,
  GroupRolesTable,
  GroupsTable,
  PermissionsTable,
  RoleAssignmentsTable,
  RoleIncludesTable,
  RolePermissionsTable,
  RolesTable,
} from './tables/access-control.ts';
import type { AppSignInDaysTable } from './tables/app-sign-in-days.ts';
import type { AppSignInsTable } from './tables/app-sign-ins.ts';
import type { AuditEventsTable } from './tables/audit-events.ts';
import type { CreatedAt, Json, Timestamp } from './tables/column-types.ts';
import type { DevicesTable } from './tables/devices.ts';
import type { HourlyFiguresTable } from './tables/hourly-figures.ts';
import type { JobsTable } from './tables/jobs.ts';
import type { MailOutboxTable } from './tables/mail-outbox.ts';
import type { MailedTokensTable } from './tables/mailed-tokens.ts';
import type { NetworkFailuresTable } from './tables/network-failures.ts';
import type { ProfilesTable } from './tables/profiles.ts';
import type { RecoveryCodesTable } from './tables/recovery-codes.ts';
import type { RegistrationsTable } from './tables/registrations.ts';
import type { ResetRequestsTable } from './tables/reset-requests.ts';
import type { RetiredIdsTable } from './tables/retired-ids.ts';
import type { SessionDetailsTable } from './tables/session-details.ts';
import type { SignInCodesTable } from './tables/sign-in-codes.ts';
import type { TotpSecretsTable } from './tables/totp-secrets.ts';

export interface Database {
  accounts: AccountsTable;
  totp_secrets: TotpSecretsTable;
  recovery_codes: RecoveryCodesTable;
  permissions: PermissionsTable;
  roles: RolesTable;
  role_includes: RoleIncludesTable;
  role_permissions: RolePermissionsTable;
  role_assignments: RoleAssignmentsTable;
  groups: GroupsTable;
  group_roles: GroupRolesTable;
  group_members: GroupMembersTable;
  client_roles: ClientRolesTable;
  consents: ConsentsTable;
  app_sign_in_days: AppSignInDaysTable;
  app_sign_ins: AppSignInsTable;
  oidc_payloads: OidcPayloadsTable;
  signing_keys: SigningKeysTable;
  rate_counters: RateCountersTable;
  server_state: ServerStateTable;
  known_clients: KnownClientsTable;
  logout_notices: LogoutNoticesTable;
  served_configurations: ServedConfigurationsTable;
  setup_links: SetupLinksTable;
  error_references: ErrorReferencesTable;
  hourly_figures: HourlyFiguresTable;
  jobs: JobsTable;
  audit_events: AuditEventsTable;
  mail_outbox: MailOutboxTable;
  mailed_tokens: MailedTokensTable;
  devices: DevicesTable;
  network_failures: NetworkFailuresTable;
  profiles: ProfilesTable;
  registrations: RegistrationsTable;
  sign_in_codes: SignInCodesTable;
  reset_requests: ResetRequestsTable;
  retired_ids: RetiredIdsTable;
  session_details: SessionDetailsTable;
}

export interface AccountsTable {
  /** UUID, or what another system has given it (`isAccountId`); the `sub` of every token. */
  id: string;
  email: string;
  /** Canonical form; unique (accounts_email_key). */
  email_key: string;
  email_verified_at: Timestamp | null;
  username: string | null;
  /** Canonical form; unique (accounts_username_key). */
  username_key: string | null;
  display_name: string | null;
  /** BCP 47 tag of the language that its owner last used here; mails are written in it. */
  language: string | null;
  status: 'active' | 'banned' | 'deleting';
  status_reason: string | null;
  /** When it is deleted; its owner can keep it until then. */
  delete_at: Timestamp | null;
  /** argon2id, PHC string; or what another system has made of it, until the next sign-in. */
  password_hash: string | null;
  /** Null while it is the one that the account was made with. */
  password_changed_at: Timestamp | null;
  created_at: CreatedAt;
  updated_at: Timestamp;
  last_sign_in_at: Timestamp | null;
  /** The version of the terms that were accepted when the account was made; null where nothing was. */
  terms_version: string | null;
  terms_accepted_at: Timestamp | null;
}

/** What a person has allowed an app; grants are made from it. No foreign key to clients: they live in files. */
export interface ConsentsTable {
  account_id: string;
  client_id: string;
  /** OIDC scopes, sorted. */
  scopes: string[];
  /** Scopes by resource (audience). */
  resources: Json<Record<string, string[]>>;
  created_at: CreatedAt;
  updated_at: Timestamp;
}

export interface OidcPayloadsTable {
  model: string;
  /** SHA-256 of the identifier for everything that works as a bearer secret. */
  id: string;
  payload: Json<Record<string, unknown>>;
  grant_id: string | null;
  account_id: string | null;
  client_id: string | null;
  uid: string | null;
  user_code: string | null;
  created_at: CreatedAt;
  expires_at: Timestamp;
  consumed_at: Timestamp | null;
  /** A destroyed row stays as a tombstone until it expires, so that a request in flight cannot bring it back. */
  destroyed_at: Timestamp | null;
}

export interface SigningKeysTable {
  kid: string;
  algorithm: string;
  stage: 'next' | 'active' | 'retired';
  public_jwk: Json<Record<string, unknown>>;
  /** Sealed; the place is `signing_keys.private_jwk:<kid>`. */
  private_jwk: string;
  created_at: CreatedAt;
  activated_at: Timestamp | null;
  retired_at: Timestamp | null;
  /** When somebody asked for it to sign as soon as it may. */
  asked_at: Timestamp | null;
}

export interface RateCountersTable {
  key: string;
  count: number;
  resets_at: Timestamp;
}

/** Facts about this installation that are set once, such as that the demo's roles were made. */
export interface ServerStateTable {
  key: string;
  value: Generated<string>;
  created_at: CreatedAt;
}

/** Clients there have been files for, by name only. */
export interface KnownClientsTable {
  client_id: string;
  /** When a process first found no file for it; null while there is one. */
  missing_since: Timestamp | null;
}

/** What apps are to be told about ended sessions. No foreign keys: it outlives the account, and clients live in files. */
export interface LogoutNoticesTable {
  /** UUID; the `jti` of every token made for it. */
  id: string;
  client_id: string;
  account_id: string;
  /** Null: every session of the account at the client. */
  sid: string | null;
  ended: 'session' | 'account';
  created_at: Timestamp;
  next_attempt_at: Timestamp;
  give_up_after: Timestamp;
  attempts: Generated<number>;
  last_error: string | null;
  delivered_at: Timestamp | null;
  given_up_at: Timestamp | null;
}

/** What a server process serves, as it said itself last. No secret, and no hash of one. */
export interface ServedConfigurationsTable {
  /** UUIDv7, another one at every start. */
  instance: string;
  /** For people: host and process id. */
  process: string;
  version: string;
  /** Of clients and settings; equal digests mean equal sets. */
  digest: string;
  clients: Json<Record<string, unknown>>;
  settings: Json<Record<string, unknown>>;
  started_at: CreatedAt;
  /** Since when it has served this set. */
  in_force_since: Timestamp;
  /** When the process last said so. */
  seen_at: Timestamp;
  /** When it said that it stops. */
  stopped_at: Timestamp | null;
}

/** The one link that makes the first administrator. */
export interface SetupLinksTable {
  id: 'current';
  /** SHA-256 of the token in the link. */
  token_hash: string;
  created_at: Timestamp;
  expires_at: Timestamp;
}

/** What went wrong with a request; without anything secret. */
export interface ErrorReferencesTable {
  /** As it was given out: `K7QF2-M9XTB`. */
  reference: string;
  kind: string;
  client_id: string | null;
  request_id: string;
  details: Json<Record<string, unknown>>;
  created_at: Timestamp;
  expires_at: Timestamp;
}
