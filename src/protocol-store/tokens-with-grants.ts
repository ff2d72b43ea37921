// Tokens, and sign-ins that have been finished, together with what they depend on: their grant, and the session that some end with.
import { type RawBuilder, sql } from 'kysely';
import { type Payload, payloadFrom, type StoreDeps, stillFindable, storedId } from './payloads.ts';
import { keepForRequest } from './read-ahead.ts';
import { type IssuedToken, isRevokedBy, revocationsOf } from './revoked-tokens.ts';
import { type SessionRow, stateOf } from './session-state.ts';

// The columns stand in full in each: a statement with `*` is not prepared (database/outages/statement-names.ts).

/** Of codes and refresh tokens, which know both: the engine asks for them next. */
export async function findToken(
  { db, clock }: StoreDeps,
  model: 'AuthorizationCode' | 'RefreshToken',
  id: string,
): Promise<Payload | undefined> {
  const sessionUid = sql<string>`case when payload -> 'expiresWithSession' = 'true' then payload ->> 'sessionUid' end`;
  const { rows } = await sql<TokenRow>`
    with token as (
      select payload, consumed_at, grant_id, ${sessionUid} as session_uid from oidc_payloads
      where model = ${model} and id = ${storedId(model, id)} and destroyed_at is null and ${stillFindable(clock)}
    )
    select payload, consumed_at, grant_id, session_uid, (${standingGrant({ clock }, sql`token.grant_id`)}) as grant_payload,
      (${rowsOfSession({ clock }, sql`token.session_uid`)}) as session_rows
    from token`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  keep(row);
  return payloadFrom(row);
}

/** Of a sign-in that has been finished: with the grant that came of it. */
export async function findInteractionPayload({ db, clock }: StoreDeps, id: string): Promise<Payload | undefined> {
  const grantId = sql<string>`payload #>> '{result,consent,grantId}'`;
  const { rows } = await sql<Pick<TokenRow, 'payload' | 'consumed_at' | 'grant_id' | 'grant_payload'>>`
    with interaction as (
      select payload, consumed_at, ${grantId} as grant_id from oidc_payloads
      where model = 'Interaction' and id = ${storedId('Interaction', id)} and destroyed_at is null and ${stillFindable(clock)}
    )
    select payload, consumed_at, grant_id, (${standingGrant({ clock }, sql`interaction.grant_id`)}) as grant_payload from interaction`.execute(
    db,
  );
  const [row] = rows;
  if (row !== undefined) keep({ ...row, session_uid: null, session_rows: [] });
  return row && payloadFrom(row);
}

export interface AccessTokenFacts extends IssuedToken {
  readonly grantId: string;
  /** Of one that ends with its session. */
  readonly sessionUid: string | undefined;
}

/** The grant under which a JWT was issued; undefined where it does not stand, or the token itself was revoked. */
export async function findGrantOf({ db, clock }: StoreDeps, token: AccessTokenFacts): Promise<Payload | undefined> {
  const { grantId, sessionUid } = token;
  const { rows } = await sql<Omit<TokenRow, 'payload' | 'consumed_at'> & { revocations: Payload[] }>`
    select ${grantId}::text as grant_id, ${sessionUid ?? null}::text as session_uid,
      (${standingGrant({ clock }, sql`${grantId}::text`)}) as grant_payload,
      (${rowsOfSession({ clock }, sql`${sessionUid ?? null}::text`)}) as session_rows,
      (select coalesce(jsonb_agg(payload), '[]') from (${revocationsOf({ clock }, token)}) as revoked) as revocations`.execute(
    db,
  );
  const [row] = rows;
  if (row === undefined || isRevokedBy(row.revocations, token)) return undefined;
  keep(row);
  return row.grant_payload ?? undefined;
}

interface TokenRow {
  readonly payload: Payload;
  readonly consumed_at: Date | null;
  readonly grant_id: string | null;
  readonly grant_payload: Payload | null;
  readonly session_uid: string | null;
  readonly session_rows: readonly SessionRow[];
}

const keep = ({
  grant_id: id,
  grant_payload,
  session_uid: uid,
  session_rows: rows,
}: Omit<TokenRow, 'payload' | 'consumed_at'>) =>
  keepForRequest({
    grant: id === null ? undefined : { id, payload: grant_payload ?? undefined },
    session: uid === null ? undefined : { uid, rows },
  });

/** One row and one column, for a subquery. */
export const standingGrant = (
  { clock }: Pick<StoreDeps, 'clock'>,
  id: RawBuilder<unknown>,
): RawBuilder<Payload | null> =>
  sql`select payload from oidc_payloads as its_grant
    where model = 'Grant' and id = ${id} and destroyed_at is null and ${stillFindable(clock)}`;

/** As session-rows.ts reads them: the one that lasts longest last. */
const rowsOfSession = (
  { clock }: Pick<StoreDeps, 'clock'>,
  uid: RawBuilder<unknown>,
): RawBuilder<readonly SessionRow[]> =>
  sql`select coalesce(jsonb_agg(jsonb_build_object('id', id, 'payload', payload, 'state', ${stateOf(clock)})
      order by expires_at, created_at, id), '[]')
    from oidc_payloads where model = 'Session' and uid = ${uid} and ${stillFindable(clock)}`;
