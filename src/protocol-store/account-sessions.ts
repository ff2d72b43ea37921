// The sessions of an account that stand now, each once, however many rows it has.
import { type RawBuilder, sql } from 'kysely';
import { type Clock, epochSeconds } from '../clock.ts';
import { type Payload, type StoreDeps, stillFindable } from './payloads.ts';
import { authorizationsOf, mergeAuthorizations } from './session-authorizations.ts';
import { factsOf } from './session-facts.ts';
import type { SessionDeps } from './session-rows.ts';

export interface StandingSession {
  readonly uid: string;
  /** Seconds since the epoch: when the person last proved who they are. */
  readonly loginTs: number;
  readonly kept: boolean;
  /** Seconds since the epoch. */
  readonly usedAt: number;
  /** The apps that it has been used for. */
  readonly clientIds: readonly string[];
  readonly grantIds: readonly string[];
}

/** Last used first. */
export async function standingSessionsOf(deps: SessionDeps, accountId: string): Promise<readonly StandingSession[]> {
  const rows = await deps.db
    .selectFrom('oidc_payloads')
    .select(['uid', 'payload'])
    .where('model', '=', 'Session')
    .where('account_id', '=', accountId)
    .where('destroyed_at', 'is', null)
    .where(stillFindable(deps.clock))
    .execute();
  const now = epochSeconds(deps.clock.now());
  const standing = rows.filter(
    ({ payload }) => Number(payload['exp']) > now && deps.sessionEnd(factsOf(payload)) > now,
  );
  const sessions = [...Map.groupBy(standing, ({ uid }) => String(uid))];
  return sessions
    .map(([uid, ofOne]) =>
      summary(
        uid,
        ofOne.map(({ payload }) => payload),
      ),
    )
    .sort((left, right) => right.usedAt - left.usedAt);
}

/** Newest first. Which of them a session holds is for the caller to see. */
export async function standingGrantsOf({ db, clock }: StoreDeps, accountId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('oidc_payloads')
    .select('id')
    .where('model', '=', 'Grant')
    .where('account_id', '=', accountId)
    .where('destroyed_at', 'is', null)
    .where(stillFindable(clock))
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(({ id }) => id);
}

/** How many there are, for a statement that asks for more. */
export const countOfStandingGrants = (clock: Clock, accountId: RawBuilder<unknown>): RawBuilder<string> =>
  sql`select count(*) from oidc_payloads where model = 'Grant' and oidc_payloads.account_id = ${accountId}
    and destroyed_at is null and ${stillFindable(clock)}`;

function summary(uid: string, payloads: readonly Payload[]): StandingSession {
  const facts = payloads.map(factsOf);
  const last = facts.reduce((one, other) => ((other.loginTs ?? 0) > (one.loginTs ?? 0) ? other : one));
  const loginTs = last.loginTs ?? 0;
  const authorizations = mergeAuthorizations(payloads.map(authorizationsOf), {});
  return {
    uid,
    loginTs,
    kept: last.kept,
    usedAt: Math.max(...facts.map(({ usedAt }) => usedAt ?? loginTs)),
    clientIds: Object.keys(authorizations),
    grantIds: Object.values(authorizations).flatMap(({ grantId }) => grantId ?? []),
  };
}
