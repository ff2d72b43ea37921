// Ends everything an account is signed in to, and sees to it that its apps are told.
import { atomically } from '../database/atomically.ts';
import { type NewNotice, writeNotices } from '../logout-notices/logout-notices.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { type RevokedRows, revokeEverythingOf } from '../protocol-store/payloads.ts';
import { authorizationsOf, mergeAuthorizations } from '../protocol-store/session-authorizations.ts';
import { noticesOf } from './end-session.ts';
import { forgetDetails } from './session-details.ts';

/** Returns how many sessions ended. The session that is excepted (its `uid`) lives on, but without any grant. */
export async function endEverythingOf(
  deps: StoreDeps,
  accountId: string,
  { exceptSession }: { exceptSession?: string | undefined } = {},
): Promise<number> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const revoked = await revokeEverythingOf(inside, accountId, exceptSession);
    const sessions = Map.groupBy(revoked.sessions, ({ uid }) => uid);
    await forgetDetails(
      tx,
      [...sessions.keys()].filter((uid) => uid !== null),
    );
    const standing = [...sessions.values()].flatMap((rows) => {
      const authorizations = mergeAuthorizations(
        rows.map(({ payload }) => authorizationsOf(payload)),
        {},
      );
      return noticesOf({ accountId, authorizations }, 'account');
    });
    const byName = [...standing, ...ofSessionsOver(revoked, { accountId, standing })];
    const apps = new Set([...byName.map(({ clientId }) => clientId), ...clientsOf(revoked)]);
    // An app may have people signed in whose session here was over long ago: it is told about all of them.
    const atOnce = [...apps].map((clientId) => ({ clientId, accountId, sid: undefined, ended: 'account' as const }));
    await writeNotices(inside, [...atOnce, ...byName]);
    return sessions.size;
  });
}

/** A refresh token that outlived its session still has the name under which the app knows it. */
function ofSessionsOver(
  { issued }: RevokedRows,
  { accountId, standing }: { accountId: string; standing: readonly NewNotice[] },
): readonly NewNotice[] {
  const keyOf = (clientId: string, sid: string) => JSON.stringify([clientId, sid]);
  const found = new Map<string, NewNotice>();
  for (const { client_id: clientId, payload } of issued) {
    const { sid } = payload;
    if (clientId === null || typeof sid !== 'string') continue;
    found.set(keyOf(clientId, sid), { clientId, accountId, sid, ended: 'account' });
  }
  for (const { clientId, sid } of standing) found.delete(keyOf(clientId, sid ?? ''));
  return [...found.values()];
}

const clientsOf = ({ grants }: RevokedRows): readonly string[] => grants.flatMap(({ client_id: id }) => id ?? []);
