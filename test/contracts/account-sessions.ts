// Accounts with sessions, as the engine and its hooks leave them in the database.
import { databaseNow } from '../../src/database/time.ts';
import { noteSavedSession } from '../../src/sessions/begin-session.ts';
import type { SessionListDeps } from '../../src/sessions/list-sessions.ts';
import { newId, now, payloadOf, type Store } from './stored.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0';

export async function personIn({ deps }: Store): Promise<string> {
  const id = newId();
  const time = databaseNow(deps.clock);
  const email = `${id}@example.test`;
  await deps.db
    .insertInto('accounts')
    .values({ id, email, email_key: email, status: 'active', updated_at: time })
    .execute();
  return id;
}

/** A session is saved under a new identifier, from a browser; a known `uid` makes it a further row of that one. */
export async function beginSession(
  { adapter }: Store,
  deps: SessionListDeps,
  {
    accountId,
    uid = newId(),
    keep = false,
    ...more
  }: { accountId: string; uid?: string; keep?: boolean; authorizations?: object },
): Promise<{ uid: string }> {
  const id = newId();
  const expiresInSeconds = (keep ? deps.limits.keep : deps.limits)?.idleSeconds ?? 0;
  const transient = keep ? {} : { transient: true };
  const payload = payloadOf('Session', id, { uid, accountId, loginTs: now(), ...transient, ...more }, expiresInSeconds);
  await adapter('Session').upsert(id, payload, expiresInSeconds);
  const source = { address: '192.0.2.1', userAgent: FIREFOX, requestId: 'r' };
  await noteSavedSession(deps, { uid, accountId, source, expiresInSeconds });
  return { uid };
}
