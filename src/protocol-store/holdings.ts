// Counts what people hold at apps: live grants, refresh tokens that would work, sessions. Reads the store once for many apps.
import { type SqlBool, sql } from 'kysely';
import { databaseNow } from '../database/time.ts';
import type { StoreDeps } from './payloads.ts';

export interface Holdings {
  readonly clientId: string;
  readonly grants: number;
  /** Different ones who have these grants. */
  readonly people: number;
  readonly refreshTokens: number;
  /** Browser sessions that are signed in at the app. */
  readonly sessions: number;
}

/** One for each of the apps, in this order. */
export async function countHoldings(deps: StoreDeps, clientIds: readonly string[]): Promise<readonly Holdings[]> {
  if (clientIds.length === 0) return [];
  const grants = new Map((await countGrants(deps, clientIds)).map((row) => [row.client_id, row]));
  const tokens = new Map((await countTokens(deps, clientIds)).map((row) => [row.client_id, row.tokens]));
  const sessions = new Map((await countSessions(deps, clientIds)).map((row) => [row.client_id, row.sessions]));
  return clientIds.map((clientId) => ({
    clientId,
    grants: Number(grants.get(clientId)?.grants ?? 0),
    people: Number(grants.get(clientId)?.people ?? 0),
    refreshTokens: Number(tokens.get(clientId) ?? 0),
    sessions: Number(sessions.get(clientId) ?? 0),
  }));
}

const countGrants = ({ db, clock }: StoreDeps, clientIds: readonly string[]) =>
  db
    .selectFrom('oidc_payloads')
    .select(({ fn }) => ['client_id', fn.countAll().as('grants'), fn.count('account_id').distinct().as('people')])
    .where('model', '=', 'Grant')
    .where('client_id', 'in', clientIds)
    .where('destroyed_at', 'is', null)
    .where('expires_at', '>', databaseNow(clock))
    .groupBy('client_id')
    .execute();

const countTokens = (deps: StoreDeps, clientIds: readonly string[]) =>
  usableTokens(deps, clientIds)
    .select(({ fn }) => ['token.client_id', fn.countAll().as('tokens')])
    .groupBy('token.client_id')
    .execute();

/** Neither spent nor expired, and their grant stands. */
const usableTokens = ({ db, clock }: StoreDeps, clientIds: readonly string[]) =>
  db
    .selectFrom('oidc_payloads as token')
    .innerJoin('oidc_payloads as grant', (join) =>
      join.on('grant.model', '=', 'Grant').onRef('grant.id', '=', 'token.grant_id'),
    )
    .where('token.model', '=', 'RefreshToken')
    .where('token.client_id', 'in', clientIds)
    .where('token.consumed_at', 'is', null)
    .where('token.destroyed_at', 'is', null)
    .where('token.expires_at', '>', databaseNow(clock))
    .where('grant.destroyed_at', 'is', null)
    .where('grant.expires_at', '>', databaseNow(clock));

async function countSessions({ db, clock }: StoreDeps, clientIds: readonly string[]) {
  const { rows } = await sql<{ client_id: string; sessions: string }>`
    select held.client_id, count(distinct session.uid) as sessions
    from oidc_payloads session, jsonb_object_keys(session.payload -> 'authorizations') as held(client_id)
    where session.model = 'Session' and session.destroyed_at is null and session.expires_at > ${databaseNow(clock)}
      and held.client_id = any(${sql.val([...clientIds])}::text[])
    group by held.client_id`.execute(db);
  return rows;
}

/** An API, or these of its scopes. */
export interface PartOfApi {
  readonly audience: string;
  readonly scopes?: readonly string[] | undefined;
}

/** Refresh tokens of an app that carry one of these scopes, or are for one of these APIs, with one of its scopes. */
export async function countTokensWith(
  deps: StoreDeps,
  { clientId, scopes, apis }: { clientId: string; scopes: readonly string[]; apis: readonly PartOfApi[] },
): Promise<number> {
  const carries = sql.join<SqlBool>([hasOneOf(scopes), ...apis.map(isForPart)], sql` or `);
  const row = await usableTokens(deps, [clientId])
    .where(sql<SqlBool>`(${carries})`)
    .select(({ fn }) => fn.countAll().as('tokens'))
    .executeTakeFirstOrThrow();
  return Number(row.tokens);
}

const hasOneOf = (scopes: readonly string[]) =>
  sql<SqlBool>`coalesce(string_to_array(token.payload ->> 'scope', ' ') && ${sql.val([...scopes])}::text[], false)`;

/** Two APIs may have scopes of the same name. */
function isForPart({ audience, scopes }: PartOfApi) {
  const isFor = sql<SqlBool>`case jsonb_typeof(token.payload -> 'resource')
    when 'string' then token.payload ->> 'resource' = ${audience}
    when 'array' then (token.payload -> 'resource') ? ${audience}
    else false end`;
  return scopes === undefined ? isFor : sql<SqlBool>`(${isFor} and ${hasOneOf(scopes)})`;
}

/** Accounts with a live grant for the app: they have signed in there, and still can go on. */
export async function accountsAt({ db, clock }: StoreDeps, clientId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('oidc_payloads')
    .select('account_id')
    .distinct()
    .where('model', '=', 'Grant')
    .where('client_id', '=', clientId)
    .where('account_id', 'is not', null)
    .where('destroyed_at', 'is', null)
    .where('expires_at', '>', databaseNow(clock))
    .execute();
  return rows.flatMap(({ account_id }) => account_id ?? []);
}
