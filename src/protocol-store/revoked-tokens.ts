// JWT access tokens that were revoked before they expired: a row for each of these, and one for all that are older than a restore.
import { type RawBuilder, sql } from 'kysely';
import { insertPayloadOnce, type Payload, type StoreDeps, stillFindable, storedId } from './payloads.ts';

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

export interface IssuedToken {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
}

/** Whether the token was revoked, or is too old. */
export async function wasRevoked({ db, clock }: StoreDeps, token: IssuedToken): Promise<boolean> {
  const { rows } = await revocationsOf({ clock }, token).execute(db);
  const payloads = rows.map(({ payload }) => payload);
  return isRevokedBy(payloads, token);
}

/** The rows that may be about it. */
export const revocationsOf = (
  { clock }: Pick<StoreDeps, 'clock'>,
  { jti }: IssuedToken,
): RawBuilder<{ readonly payload: Payload }> => sql`select payload from oidc_payloads
    where model = ${MODEL} and id in (${storedId(MODEL, jti)}, ${storedId(MODEL, ALL_UNTIL)})
      and destroyed_at is null and ${stillFindable(clock)}`;

export const isRevokedBy = (revocations: readonly Payload[], { iat }: IssuedToken): boolean =>
  revocations.some(({ until }) => typeof until !== 'number' || iat <= until);
