// Everything we hold about a person, as plain data: for its owner, and for an operator who is asked for it. No secret is in it.
import { findAcceptedTerms } from '../accounts/accepted-terms.ts';
import type { Account } from '../accounts/account.ts';
import { findPasswordChange } from '../accounts/password-age.ts';
import { type ListedEvent, listEventsOf, shownSince } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { type Device, listDevices } from '../devices/devices.ts';
import { listMailsTo } from '../mail/sent-mails.ts';
import { findProfile } from '../profiles/profiles.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { assignmentsOf } from '../roles/assignments.ts';
import { rolesOf } from '../roles/held.ts';
import { membershipsOf } from '../roles/members.ts';
import { countRecoveryCodes } from '../second-factors/recovery-codes.ts';
import { listAuthenticators } from '../second-factors/totp-secrets.ts';
import { type ConnectedApp, connectedApps } from '../sessions/connected-apps.ts';
import { listSessions } from '../sessions/list-sessions.ts';

/** All of 90 days; far more than anybody has, and a bound for what is read at once. */
const MOST_EVENTS = 10_000;

interface Deps extends StoreDeps {
  readonly config: Pick<Config, 'issuer' | 'sessions'>;
}

/** Keys as they are read by people and programs: snake_case, as on the wire. */
export async function exportAccount(deps: Deps, account: Account): Promise<Readonly<Record<string, unknown>>> {
  const { db, clock, config } = deps;
  const profile = await findProfile(db, account.id);
  const sessions = await listSessions({ ...deps, limits: config.sessions }, account.id);
  const events = await listEventsOf(db, account.id, { limit: MOST_EVENTS, since: shownSince(clock) });
  return {
    exported_at: clock.now(),
    issuer: config.issuer,
    account: {
      sub: account.id,
      email: account.email,
      email_verified: account.emailVerified,
      username: account.username ?? null,
      name: account.displayName ?? null,
      language: account.language ?? null,
      status: account.status,
      created_at: account.createdAt,
      updated_at: account.updatedAt,
      last_sign_in_at: account.lastSignInAt ?? null,
      password_changed_at: (await findPasswordChange(db, account.id)) ?? null,
      delete_at: account.deleteAt ?? null,
      terms: await acceptedTerms(deps, account),
    },
    profile: profile.claims,
    attributes: profile.attributes,
    ...(await exportedRoles(deps, account)),
    second_factors: {
      authenticators: (await listAuthenticators(db, account.id)).map(({ name, addedAt, lastUsedAt }) => ({
        name,
        added_at: addedAt,
        last_used_at: lastUsedAt ?? null,
      })),
      recovery_codes_left: await countRecoveryCodes(db, account.id),
    },
    sessions: sessions.map((session) => ({
      user_agent: session.userAgent,
      first_address: session.firstAddress,
      last_address: session.lastAddress,
      since: session.since,
      last_seen_at: session.lastSeenAt,
      kept: session.kept,
      apps: session.clientIds,
    })),
    devices: (await listDevices(deps, account.id)).map(exportedDevice),
    apps: (await connectedApps(deps, account.id)).map(exportedApp),
    events: events.map((event) => exportedEvent(account, event)),
    mails: await listMailsTo(db, account.id),
  };
}

/** `roles`: all that are held, through groups and other roles too. */
async function exportedRoles(deps: Deps, { id }: Account) {
  const given = await assignmentsOf(deps, id);
  const memberships = await membershipsOf(deps, id);
  return {
    roles: await rolesOf(deps, id),
    given_roles: given.map(({ role, createdAt, expiresAt }) => ({ role, since: createdAt, until: expiresAt ?? null })),
    groups: memberships.map(({ group, createdAt, expiresAt }) => ({
      group,
      since: createdAt,
      until: expiresAt ?? null,
    })),
  };
}

async function acceptedTerms({ db }: Pick<Deps, 'db'>, { id }: Account) {
  const terms = await findAcceptedTerms(db, id);
  return terms === undefined ? null : { version: terms.version, accepted_at: terms.acceptedAt };
}

const exportedDevice = (device: Device) => ({
  user_agent: device.userAgent,
  first_seen_at: device.firstSeenAt,
  last_seen_at: device.lastSeenAt,
  trusted_until: device.trustedUntil ?? null,
});

const exportedApp = ({ clientId, allowed, wasAsked, since, lastSignInAt }: ConnectedApp) => ({
  client_id: clientId,
  scopes: allowed.scopes,
  resources: Object.fromEntries(allowed.resources),
  consented: wasAsked,
  since,
  last_sign_in_at: lastSignInAt ?? null,
});

/** Who did it is the account itself or not: who administers is not named. */
const exportedEvent = ({ id }: Account, { actor, clientId, userAgent, id: _id, ...event }: ListedEvent) => ({
  ...event,
  by: actor === `account:${id}` ? 'you' : actor.replace(/^(?:account|client):.*/, 'administrator'),
  client_id: clientId ?? null,
  address: event.address ?? null,
  user_agent: userAgent ?? null,
});
