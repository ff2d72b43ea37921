// The catalogue of events. Each name says what happened, in the past tense; details are plain and never secret.

/** What an event tells of besides accounts: `role:editor`. */
export type SubjectKind =
  | 'client'
  | 'configuration'
  | 'group'
  | 'key'
  | 'mail'
  | 'permission'
  | 'role'
  | 'session'
  | 'token';

export interface EventKind {
  /** Whose event it is. */
  readonly about: 'account' | 'server' | SubjectKind;
  /** Whether people find it on the activity page of their account, where it has a text (`event.<name>`). */
  readonly shown: boolean;
  /** What its details may say. */
  readonly details: readonly string[];
}

/** What was changed, as it was and as it is: only the fields that differ, and no secret among them. */
const CHANGE = ['before', 'after'] as const;

export const EVENTS = {
  // Signing in and out.
  'sign_in.succeeded': { about: 'account', shown: true, details: ['acr', 'amr'] },
  'sign_in.password_accepted': { about: 'account', shown: false, details: [] },
  'sign_in.failed': { about: 'account', shown: true, details: ['reason'] },
  'sign_in.limited': { about: 'account', shown: true, details: [] },
  'sign_in.blocked_network': { about: 'server', shown: false, details: ['network', 'accounts', 'seconds'] },
  'sign_in.many_failures': { about: 'server', shown: false, details: ['failures', 'seconds'] },
  'sign_in.extra_step_asked': { about: 'account', shown: true, details: [] },
  'sign_in.extra_step_failed': { about: 'account', shown: true, details: [] },
  'sign_in.extra_step_passed': { about: 'account', shown: true, details: [] },
  'sign_in.cancelled': { about: 'account', shown: false, details: ['at'] },
  'sign_in.refused': { about: 'account', shown: false, details: ['reason'] },
  'sign_in.unmet': { about: 'account', shown: false, details: ['acr'] },
  'sign_in.somebody_else': { about: 'account', shown: false, details: [] },
  'second_factor.accepted': { about: 'account', shown: false, details: ['method'] },
  'second_factor.failed': { about: 'account', shown: true, details: [] },
  'second_factor.limited': { about: 'account', shown: false, details: [] },
  'session.ended': { about: 'account', shown: true, details: ['reason'] },
  'sessions.ended': { about: 'account', shown: true, details: ['sessions'] },
  'device.new': { about: 'account', shown: true, details: [] },
  'device.trusted': { about: 'account', shown: true, details: [] },
  'device.forgotten': { about: 'account', shown: true, details: ['devices'] },
  // Accounts and how they are reached.
  'account.registered': { about: 'account', shown: true, details: ['terms_version'] },
  'account.created': { about: 'account', shown: true, details: ['roles', 'groups', 'imported'] },
  'account.invited': { about: 'account', shown: true, details: ['roles', 'groups'] },
  'account.changed': { about: 'account', shown: true, details: CHANGE },
  'invitation.accepted': { about: 'account', shown: true, details: ['terms_version'] },
  'terms.accepted': { about: 'account', shown: true, details: ['terms_version'] },
  'account.banned': { about: 'account', shown: true, details: ['reason', 'sessions_ended'] },
  'account.unbanned': { about: 'account', shown: true, details: [] },
  'account.deletion_requested': { about: 'account', shown: true, details: ['sessions_ended', 'until'] },
  'account.deletion_cancelled': { about: 'account', shown: true, details: [] },
  'account.deleted': { about: 'account', shown: true, details: [] },
  'account.data_downloaded': { about: 'account', shown: true, details: [] },
  'profile.changed': { about: 'account', shown: true, details: ['fields', ...CHANGE] },
  'username.changed': { about: 'account', shown: true, details: [] },
  'email.verified': { about: 'account', shown: true, details: [] },
  'email.change_requested': { about: 'account', shown: true, details: [] },
  'email.changed': { about: 'account', shown: true, details: [] },
  'email.change_undone': { about: 'account', shown: true, details: ['sessions_ended', 'authenticators_removed'] },
  // Credentials.
  'password.reset_requested': { about: 'account', shown: true, details: [] },
  'password.reset': { about: 'account', shown: true, details: ['sessions_ended'] },
  'password.changed': { about: 'account', shown: true, details: ['sessions_ended'] },
  'factor.added': { about: 'account', shown: true, details: ['method', 'name'] },
  'factor.renamed': { about: 'account', shown: true, details: ['method', 'name'] },
  'factor.removed': { about: 'account', shown: true, details: ['method', 'name'] },
  'factors.reset': { about: 'account', shown: true, details: ['authenticators', 'recovery_codes', 'sessions_ended'] },
  'recovery_codes.renewed': { about: 'account', shown: true, details: [] },
  'recovery_code.used': { about: 'account', shown: true, details: ['left'] },
  // Apps.
  'consent.given': { about: 'account', shown: true, details: ['scopes', 'apis'] },
  'consent.denied': { about: 'account', shown: false, details: [] },
  'consent.revoked': { about: 'account', shown: true, details: [] },
  'code.replayed': { about: 'account', shown: false, details: [] },
  'refresh_token.replayed': { about: 'account', shown: false, details: [] },
  'token.revoked': { about: 'account', shown: false, details: ['kind'] },
  // Only with audit.tokens: table.
  'token.issued': { about: 'account', shown: false, details: ['grant_type', 'kinds', 'scope', 'audience'] },
  'token.refreshed': { about: 'account', shown: false, details: ['kinds', 'scope', 'audience'] },
  // Roles, groups and permissions. Whom a role is given to, or taken from, is the account of the event.
  'role.created': { about: 'role', shown: false, details: ['after'] },
  'role.changed': { about: 'role', shown: false, details: CHANGE },
  'role.deleted': { about: 'role', shown: false, details: ['before', 'accounts', 'groups', 'clients', 'reason'] },
  'role.adopted': { about: 'role', shown: false, details: CHANGE },
  'role.granted': { about: 'role', shown: true, details: [...CHANGE, 'expires_at'] },
  'role.revoked': { about: 'role', shown: true, details: [...CHANGE, 'reason', 'expires_at'] },
  'group.created': { about: 'group', shown: false, details: ['after'] },
  'group.changed': { about: 'group', shown: false, details: CHANGE },
  'group.deleted': { about: 'group', shown: false, details: ['before', 'members', 'roles', 'reason'] },
  'group.adopted': { about: 'group', shown: false, details: CHANGE },
  'group.member_added': { about: 'group', shown: true, details: [...CHANGE, 'expires_at'] },
  'group.member_removed': { about: 'group', shown: true, details: [...CHANGE, 'reason', 'expires_at'] },
  'permission.created': { about: 'permission', shown: false, details: ['after'] },
  'permission.changed': { about: 'permission', shown: false, details: CHANGE },
  'permission.deleted': { about: 'permission', shown: false, details: ['before', 'roles', 'reason'] },
  'permission.adopted': { about: 'permission', shown: false, details: CHANGE },
  'client_role.granted': { about: 'client', shown: false, details: ['role', ...CHANGE] },
  'client_role.revoked': { about: 'client', shown: false, details: ['role', ...CHANGE] },
  'roles_file.applied': { about: 'configuration', shown: false, details: ['added', 'changed', 'removed', 'put_back'] },
  // What administrators and operators do besides.
  'administration.refused': { about: 'server', shown: false, details: ['action', 'needs', 'reason'] },
  /** One that has no `accounts.imported` after it was killed. */
  'accounts.import_started': { about: 'server', shown: false, details: ['file'] },
  'accounts.imported': {
    about: 'server',
    shown: false,
    details: ['created', 'updated', 'unchanged', 'refused', 'file', 'reason'],
  },
  /** `credentials`: with what passwords are compared with. */
  'accounts.exported': { about: 'server', shown: false, details: ['format', 'credentials'] },
  'audit.exported': { about: 'server', shown: false, details: ['format', 'filters'] },
  'claims.previewed': { about: 'account', shown: false, details: ['scope', 'resource'] },
  'mail.retried': { about: 'mail', shown: false, details: ['mails', 'message'] },
  'mail.dropped': { about: 'mail', shown: false, details: ['mails', 'message'] },
  'keys.rotation_asked': { about: 'key', shown: false, details: ['algorithm'] },
  'keys.rotated': { about: 'key', shown: false, details: ['algorithm', ...CHANGE] },
  'keys.revoked': { about: 'key', shown: false, details: ['algorithm', 'stage', 'replaced_by'] },
  'keys.removed': { about: 'key', shown: false, details: ['algorithm', 'stage'] },
  // The server itself.
  'server.started': { about: 'server', shown: false, details: ['process', 'version', 'mode', 'clients'] },
  'server.stopped': { about: 'server', shown: false, details: ['process'] },
  'database.migrated': { about: 'server', shown: false, details: ['migrations'] },
  'database.backed_up': { about: 'server', shown: false, details: ['kind', 'bytes', 'sha256'] },
  'database.restored': {
    about: 'server',
    shown: false,
    details: ['kind', 'version', 'made_at', 'sha256', 'migrations'],
  },
  'keys.made': { about: 'key', shown: false, details: ['algorithm', 'stage'] },
  'setup_link.made': { about: 'server', shown: false, details: ['expires_at'] },
  'logout_notice.retried': { about: 'server', shown: false, details: ['notices', 'notice'] },
  'logout_notice.dropped': { about: 'server', shown: false, details: ['notice'] },
  'configuration.reloaded': {
    about: 'configuration',
    shown: false,
    details: ['added', 'changed', 'removed', ...CHANGE, 'left_out', 'process'],
  },
  /** gatehouse.yaml has changed, and is not in force yet. */
  'configuration.restart_awaited': {
    about: 'configuration',
    shown: false,
    details: ['keys', ...CHANGE, 'left_out', 'process'],
  },
  'configuration.changed_back': { about: 'configuration', shown: false, details: ['process'] },
  'configuration.reload_failed': { about: 'configuration', shown: false, details: ['problems', 'count', 'process'] },
} as const satisfies Readonly<Record<string, EventKind>>;

export type EventName = keyof typeof EVENTS;

export type DetailOf<Name extends EventName> = (typeof EVENTS)[Name]['details'][number];

/** Those that people find on the activity page of their account. */
export type ShownEventName = {
  [Name in EventName]: (typeof EVENTS)[Name]['shown'] extends true ? Name : never;
}[EventName];

export const EVENT_NAMES = Object.keys(EVENTS) as readonly EventName[];

export const SHOWN_EVENT_NAMES: readonly ShownEventName[] = EVENT_NAMES.filter(
  (name): name is ShownEventName => EVENTS[name].shown,
);
