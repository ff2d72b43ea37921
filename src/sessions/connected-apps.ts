// The apps that an account has let in: what each may see, since when, and the end of it.
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { isBuiltIn } from '../clients/live/built-in.ts';
import { atomically } from '../database/atomically.ts';
import { writeNotices } from '../logout-notices/logout-notices.ts';
import {
  countSessionsAt,
  endAuthorizationsAt,
  grantsOf,
  type StandingGrant,
} from '../protocol-store/authorizations-of-account.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { type Allowed, nothingAllowed, union } from './allowed.ts';
import { appSignInsOf, forgetAppSignIns } from './app-sign-ins.ts';
import { consentsOf, forgetConsent } from './consents.ts';

export interface ConnectedApp {
  readonly clientId: string;
  /** What the person has allowed, or what the app was given without asking. */
  readonly allowed: Allowed;
  /** The person was asked, and has said yes. */
  readonly wasAsked: boolean;
  readonly since: Date;
  readonly lastSignInAt: Date | undefined;
}

/** The one that was signed in to last first. */
export async function connectedApps(deps: StoreDeps, accountId: string): Promise<readonly ConnectedApp[]> {
  const consents = new Map((await consentsOf(deps.db, accountId)).map((consent) => [consent.clientId, consent]));
  const grants = Map.groupBy(await grantsOf(deps, accountId), ({ clientId }) => clientId);
  const signIns = await appSignInsOf(deps.db, accountId);
  const ids = [...new Set([...consents.keys(), ...grants.keys()])].filter((clientId) => !isBuiltIn(clientId));
  const apps = ids.map((clientId): ConnectedApp => {
    const consent = consents.get(clientId);
    const standing = grants.get(clientId) ?? [];
    return {
      clientId,
      allowed: consent?.allowed ?? standing.map(allowedBy).reduce(union, nothingAllowed),
      wasAsked: consent !== undefined,
      // One of the last two is there, or the app would not be on the list.
      since: signIns.get(clientId)?.firstAt ?? consent?.since ?? (standing[0] as StandingGrant).createdAt,
      lastSignInAt: signIns.get(clientId)?.lastAt,
    };
  });
  const lastOf = ({ lastSignInAt, since }: ConnectedApp) => (lastSignInAt ?? since).getTime();
  return apps.sort((one, other) => lastOf(other) - lastOf(one));
}

/** How many of the account's sessions are signed in at the app. */
export const sessionsAtApp = countSessionsAt;

/**
 * Ends what the app has of this account: consent, grants, codes, refresh and access tokens. The app is told, as if the
 * person had signed out there. False if there was nothing.
 */
export async function disconnectApp(
  deps: StoreDeps,
  { accountId, clientId, actor, source }: Disconnecting,
): Promise<boolean> {
  if (isBuiltIn(clientId)) return false;
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const hadConsent = await forgetConsent(tx, { accountId, clientId });
    const sids = await endAuthorizationsAt(inside, { accountId, clientId });
    await forgetAppSignIns(tx, { accountId, clientId });
    if (sids === undefined && !hadConsent) return false;
    const notices = (sids ?? []).map((sid) => ({ clientId, accountId, sid, ended: 'session' as const }));
    await writeNotices(inside, notices);
    await recordEvent(inside, { event: 'consent.revoked', accountId, clientId, actor, source });
    return true;
  });
}

interface Disconnecting {
  readonly accountId: string;
  readonly clientId: string;
  /** The account itself unless stated. */
  readonly actor?: Actor | undefined;
  readonly source: Source | undefined;
}

function allowedBy({ payload }: StandingGrant): Allowed {
  const { openid, resources = {} } = payload as {
    openid?: { scope?: string };
    resources?: Readonly<Record<string, string>>;
  };
  return {
    scopes: words(openid?.scope),
    resources: new Map(Object.entries(resources).map(([audience, scope]) => [audience, words(scope)])),
  };
}

const words = (scope = ''): readonly string[] => scope.split(' ').filter(Boolean);
