// The sessions of an account, for its owner and for operators.
import { createHash } from 'node:crypto';
import type { SessionsConfig } from '../config/config.ts';
import { type StandingSession, standingSessionsOf } from '../protocol-store/account-sessions.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { detailsOf, type SessionDetails } from './session-details.ts';
import { sessionEnd } from './session-lifetime.ts';

export interface SessionListDeps extends StoreDeps {
  readonly limits: SessionsConfig;
}

export interface ListedSession {
  readonly uid: string;
  /** Stands for the session in pages and commands: opens nothing, and the uid cannot be had from it. */
  readonly handle: string;
  readonly kept: boolean;
  /** Empty where it is not known, as for a session that another release began. */
  readonly userAgent: string;
  readonly firstAddress: string;
  readonly lastAddress: string;
  readonly since: Date;
  readonly lastSeenAt: Date;
  /** The apps that it has been used for. */
  readonly clientIds: readonly string[];
}

/** Last used first. */
export async function listSessions(deps: SessionListDeps, accountId: string): Promise<readonly ListedSession[]> {
  const standing = await standingSessions(deps, accountId);
  const details = await detailsOf(deps.db, accountId);
  return standing.map((session) => listed(session, details.get(session.uid)));
}

export const standingSessions = (deps: SessionListDeps, accountId: string): Promise<readonly StandingSession[]> =>
  standingSessionsOf({ ...deps, sessionEnd: (facts) => sessionEnd(deps.limits, facts) }, accountId);

/** 128 bits. Only ever looked for among the sessions of one account. */
export const handleOf = (uid: string): string =>
  createHash('sha256').update(`session handle:${uid}`).digest('hex').slice(0, 32);

const listed = ({ uid, kept, clientIds, ...times }: StandingSession, details?: SessionDetails): ListedSession => ({
  uid,
  handle: handleOf(uid),
  kept,
  userAgent: details?.userAgent ?? '',
  firstAddress: details?.firstAddress ?? '',
  lastAddress: details?.lastAddress ?? '',
  since: details?.createdAt ?? new Date(times.loginTs * 1000),
  lastSeenAt: new Date(times.usedAt * 1000),
  clientIds,
});
