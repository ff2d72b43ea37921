// The rows of a browser session. The engine saves a session whole and gives it a new identifier at every interaction, so
// requests that run side by side leave several rows with one `uid`. Together they are the session: what one of them
// learns about an app is written to all, and they end together.
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { epochSeconds } from '../clock.ts';
import { atomically } from '../database/atomically.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { lockSessions } from './locks.ts';
import {
  findPayload,
  insertPayload,
  type Payload,
  replacePayload,
  type StoreDeps,
  stillFindable,
  storedId,
  tombstone,
  updatePayloads,
  upsertPayload,
} from './payloads.ts';
import { keepForRequest, takeSessionRows } from './read-ahead.ts';
import {
  type Authorizations,
  authorizationsOf,
  mergeAuthorizations,
  type SessionAuthorization,
} from './session-authorizations.ts';
import { factsOf, type SessionFacts, USED_AT } from './session-facts.ts';
import { REPLACED_SECONDS, type SessionRow, stateOf } from './session-state.ts';
import { standingGrant } from './tokens-with-grants.ts';

export interface SessionDeps extends StoreDeps {
  /** When a session is over by the limits in force now, whatever it was stored with: seconds since the epoch. */
  readonly sessionEnd: (facts: SessionFacts) => number;
}

/**
 * Saves a session. What other requests have learnt meanwhile is kept; a session that has been ended stays ended, under
 * whatever identifier it comes back.
 */
export async function upsertSession(
  deps: StoreDeps,
  id: string,
  session: { payload: Payload; expiresInSeconds: number; isNew?: boolean },
): Promise<'saved' | 'ended'> {
  const uid = String(session.payload['uid']);
  const used = { ...session.payload, [USED_AT]: epochSeconds(deps.clock.now()) };
  // Nobody else knows a new one, so nobody is to be waited for.
  const row = { model: 'Session', id, expiresInSeconds: session.expiresInSeconds };
  if (session.isNew === true && (await insertPayload(deps, { ...row, payload: used }))) return 'saved';
  const saved = await changeSession(deps, uid, async (inside, rows) => {
    const ofPerson = rows.filter(({ payload }) => payload['accountId'] === session.payload['accountId']);
    const stored = ofPerson.map((row) => authorizationsOf(row.payload));
    const authorizations = mergeAuthorizations(stored, authorizationsOf(session.payload));
    const own = rows.find((row) => row.id === storedId('Session', id));
    // Its answer may reach the browser last, which then goes on with the identifier that was replaced.
    if (own !== undefined && isUsableThoughReplaced(own, rows)) await update(inside, [own], { destroyed_at: null });
    const payload = Object.keys(authorizations).length === 0 ? used : { ...used, authorizations };
    await upsertPayload(inside, { ...row, payload });
    const others = ofPerson.filter((row) => row !== own);
    await shareAuthorizations(inside, others, authorizations);
    const superseded = others.filter((row) => isOfEarlierSignIn(row, session.payload));
    await update(inside, superseded, { destroyed_at: sql<Date>`coalesce(destroyed_at, ${databaseNow(deps.clock)})` });
    return 'saved' as const;
  });
  return saved ?? 'ended';
}

/**
 * A new session of a sign-in that ends with it. False where that has ended meanwhile, as with everything of the account:
 * then there is no session.
 */
export const beginSession = (
  deps: StoreDeps,
  interactionId: string,
  { id, payload, expiresInSeconds }: { id: string; payload: Payload; expiresInSeconds: number },
): Promise<boolean> =>
  replacePayload(
    deps,
    { model: 'Interaction', id: interactionId },
    { model: 'Session', id, expiresInSeconds, payload: { ...payload, [USED_AT]: epochSeconds(deps.clock.now()) } },
  );

/**
 * A request that was on its way may have brought a replaced identifier back; the next sign-in ends it all the same. Two
 * tabs in which somebody signs in at once keep both of theirs, as either may be the one that the browser goes on with.
 */
function isOfEarlierSignIn({ state, payload }: SessionRow, saved: Payload): boolean {
  const [earlier, later] = [payload, saved].map(({ loginTs }) => Number(loginTs ?? 0));
  return state === 'live' && Number(earlier) < Number(later) - REPLACED_SECONDS;
}

/**
 * By the identifier in the browser's cookie. One that was replaced a moment ago still opens what it opened before: the
 * browser has sent it without knowing the new one. Not so once somebody has signed in anew. `clientId` is the app whose
 * grant is likely to be asked for next.
 */
export async function findSession(deps: SessionDeps, id: string, clientId?: string): Promise<Payload | undefined> {
  const own = await findRow(deps, storedId('Session', id), clientId);
  if (own === undefined || isOver(deps, own)) return undefined;
  const grantId = clientId === undefined ? undefined : authorizationsOf(own.payload)[clientId]?.grantId;
  if (grantId !== undefined) keepForRequest({ grant: { id: grantId, payload: own.grant_payload ?? undefined } });
  if (own.state === 'live') return { ...own.payload, jti: id };
  if (own.state !== 'replaced') return undefined;
  const rows = await rowsOf(deps, String(own.payload['uid']));
  return isUsableThoughReplaced(own, rows) ? { ...own.payload, jti: id } : undefined;
}

/** For tokens that end with their session. The identifier is not known: only its hash is stored. */
export async function findSessionByUid(deps: SessionDeps, uid: string): Promise<Payload | undefined> {
  const all = takeSessionRows(uid) ?? (await rowsOf(deps, uid));
  if (all.some(hasEnded)) return undefined;
  const rows = all.filter((row) => !isOver(deps, row));
  // A replaced row stands in until its successor has been written.
  return (rows.findLast(({ state }) => state === 'live') ?? rows.findLast(({ state }) => state === 'replaced'))
    ?.payload;
}

/** The engine has given the session another identifier. A session that has ended is left as it is. */
export async function replaceSessionId({ db, clock }: StoreDeps, id: string): Promise<void> {
  await updatePayloads(db, 'Session', [storedId('Session', id)], {
    destroyed_at: sql<Date>`coalesce(destroyed_at, ${databaseNow(clock)})`,
    expires_at: sql<Date>`case when destroyed_at is null
      then least(expires_at, ${databaseNowPlus(clock, REPLACED_SECONDS)}) else expires_at end`,
  });
}

/** Every other identifier of the session is of no use from now on, not even to a request that is on its way. */
export async function keepOnlySessionId(deps: StoreDeps, { uid, id }: { uid: string; id: string }): Promise<void> {
  const longAgo = databaseNowPlus(deps.clock, -REPLACED_SECONDS);
  await changeSession(deps, uid, (inside, rows) =>
    update(
      inside,
      rows.filter((row) => row.id !== storedId('Session', id)),
      { destroyed_at: longAgo },
    ),
  );
}

/** What a session held, and for whom; of nobody while it is anonymous. */
export interface EndedSession {
  readonly accountId: string | undefined;
  readonly authorizations: Authorizations;
}

/**
 * Ends a session for good: none of its identifiers works any more, and no request in flight can bring it back.
 * Returns what it held; undefined when it had ended before.
 */
export async function endSessionRows(deps: StoreDeps, uid: string): Promise<EndedSession | undefined> {
  return changeSession(deps, uid, async (inside, rows) => {
    if (rows.length === 0) return undefined;
    await update(inside, rows, tombstone(deps.clock));
    const payloads = rows.map(({ payload }) => payload);
    return {
      accountId: payloads.map((payload) => payload['accountId'] as string | undefined).find(Boolean),
      authorizations: mergeAuthorizations(payloads.map(authorizationsOf), {}),
    };
  });
}

/** Counts as activity. Each row has its own limit, as a sign-in in between starts a new one; none ends earlier by it. */
export async function extendSessionRows(
  deps: StoreDeps,
  uid: string,
  secondsFor: (facts: SessionFacts) => number,
): Promise<void> {
  const now = epochSeconds(deps.clock.now());
  await changeSession(deps, uid, async (inside, rows) => {
    for (const row of rows) {
      if (row.state !== 'live') continue;
      const exp = Math.max(Number(row.payload['exp']), now + secondsFor(factsOf(row.payload)));
      await update(inside, [row], {
        payload: sql<string>`payload || jsonb_build_object('exp', ${exp}::bigint, ${USED_AT}::text, ${now}::bigint)`,
        expires_at: databaseNowPlus(deps.clock, exp - now),
      });
    }
  });
}

/**
 * Settles which grant a session holds for a client when two tabs ask at once: the first claim wins, and both get its
 * answer. A claim whose grant has been revoked since is replaced.
 */
export async function claimSessionGrant(
  deps: StoreDeps,
  claim: { uid: string; accountId: string; clientId: string; sid: string; grantId: string },
): Promise<SessionAuthorization> {
  const ours = { sid: claim.sid, grantId: claim.grantId };
  const settled = await changeSession(deps, claim.uid, async (inside, rows) => {
    const ofPerson = rows.filter(({ payload }) => payload['accountId'] === claim.accountId);
    const held = mergeAuthorizations(
      ofPerson.map(({ payload }) => authorizationsOf(payload)),
      {},
    );
    const standing = held[claim.clientId];
    if (standing?.grantId !== undefined && (await grantStands(inside, standing.grantId))) {
      return { ...ours, ...standing };
    }
    const authorization = standing?.sid === undefined ? ours : { ...ours, sid: standing.sid };
    await shareAuthorizations(inside, ofPerson, { ...held, [claim.clientId]: authorization });
    return authorization;
  });
  return settled ?? ours;
}

/** Runs the work alone on this session; not at all, and undefined, when it has ended. */
async function changeSession<T>(
  deps: StoreDeps,
  uid: string,
  work: (inside: StoreDeps, rows: readonly SessionRow[]) => Promise<T>,
): Promise<T | undefined> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await lockSessions(tx, [uid]);
    const rows = await rowsOf(inside, uid);
    return rows.some(hasEnded) ? undefined : work(inside, rows);
  });
}

async function shareAuthorizations(
  deps: StoreDeps,
  rows: readonly SessionRow[],
  authorizations: Authorizations,
): Promise<void> {
  const outdated = rows.filter(({ payload }) => !isDeepStrictEqual(authorizationsOf(payload), authorizations));
  await update(deps, outdated, {
    payload: sql<string>`payload || jsonb_build_object('authorizations', ${JSON.stringify(authorizations)}::jsonb)`,
  });
}

async function update({ db }: StoreDeps, rows: readonly SessionRow[], values: Parameters<typeof updatePayloads>[3]) {
  await updatePayloads(
    db,
    'Session',
    rows.map(({ id }) => id),
    values,
  );
}

/** A replaced identifier must not outlive a new sign-in (OWASP ASVS 7.2.4), nor carry an attacker's into one. */
function isUsableThoughReplaced(own: SessionRow, rows: readonly SessionRow[]): boolean {
  const { accountId, loginTs = 0 } = own.payload as { accountId?: string; loginTs?: number };
  if (own.state !== 'replaced' || accountId === undefined) return false;
  return !rows.some((row) => hasEnded(row) || Number(row.payload['loginTs'] ?? 0) > loginTs);
}

const isOver = ({ clock, sessionEnd }: SessionDeps, { payload }: SessionRow): boolean =>
  epochSeconds(clock.now()) >= sessionEnd(factsOf(payload));

const hasEnded = ({ state }: SessionRow): boolean => state === 'ended';

async function grantStands(deps: StoreDeps, grantId: string): Promise<boolean> {
  const grant = await findPayload(deps, 'Grant', grantId);
  return Number(grant?.['exp'] ?? 0) > epochSeconds(deps.clock.now());
}

function findRow(
  { db, clock }: StoreDeps,
  id: string,
  clientId: string | undefined,
): Promise<(SessionRow & { readonly grant_payload: Payload | null }) | undefined> {
  const held = sql`oidc_payloads.payload -> 'authorizations' -> ${clientId ?? null}::text ->> 'grantId'`;
  return sessionRows({ db, clock })
    .select(sql<Payload | null>`(${standingGrant({ clock }, held)})`.as('grant_payload'))
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The one that lasts longest last. */
const rowsOf = ({ db, clock }: StoreDeps, uid: string): Promise<SessionRow[]> =>
  sessionRows({ db, clock }).where('uid', '=', uid).orderBy('expires_at').orderBy('created_at').orderBy('id').execute();

const sessionRows = ({ db, clock }: StoreDeps) =>
  db
    .selectFrom('oidc_payloads')
    .select(['id', 'payload'])
    .select(stateOf(clock).as('state'))
    .where('model', '=', 'Session')
    .where(stillFindable(clock));
