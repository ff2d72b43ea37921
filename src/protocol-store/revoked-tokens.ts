// JWT access tokens that were revoked before they expired: a row for each of these, and one for all that are older than a restore.
import { insertPayloadOnce, type StoreDeps, stillFindable, storedId } from './payloads.ts';

const MODEL = 'RevokedAccessToken';

/** Seconds; the longest that the configuration lets any access token live. */
const LONGEST_TOKEN_SECONDS = 86_400;

/** In place of a `jti`; none of ours has blanks. */
const ALL_UNTIL = 'all that were issued until';

export async function markRevoked(deps: StoreDeps, jti: string): Promise<void> {
  await insertPayloadOnce(deps, { model: MODEL, id: jti, payload: {}, expiresInSeconds: LONGEST_TOKEN_SECONDS });
}

/** Seconds since the epoch. For a database that has just been restored, where there is no such row yet. */
export async function refuseTokensUntil(deps: StoreDeps, until: number): Promise<void> {
  const row = { model: MODEL, id: ALL_UNTIL, payload: { until }, expiresInSeconds: LONGEST_TOKEN_SECONDS };
  await insertPayloadOnce(deps, row);
}

/** Whether the token was revoked, or is too old. `iat` in seconds. */
export async function wasRevoked(
  { db, clock }: StoreDeps,
  { jti, iat }: { jti: string; iat: number },
): Promise<boolean> {
  const rows = await db
    .selectFrom('oidc_payloads')
    .select('payload')
    .where('model', '=', MODEL)
    .where('id', 'in', [storedId(MODEL, jti), storedId(MODEL, ALL_UNTIL)])
    .where('destroyed_at', 'is', null)
    .where(stillFindable(clock))
    .execute();
  return rows.some(({ payload: { until } }) => typeof until !== 'number' || iat <= until);
}
