// From what a person has allowed to the engine's Grant. One session keeps one grant for one client and only adds to it,
// so that a second tab does not put the first one's tokens out.
import type { Configuration, Grant, KoaContextWithOIDC, Provider, Session } from 'oidc-provider';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { Config } from '../config/config.ts';
import { newId } from '../crypto/identifiers.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { claimSessionGrant } from '../protocol-store/session-rows.ts';
import { type Allowed, isNothing, missingFrom } from '../sessions/allowed.ts';
import { findConsent } from '../sessions/consents.ts';
import { type RequestedParams, requestedAccess } from './access.ts';
import { signedInAccount } from './find-account.ts';
import { mayUse } from './rights/access-rules.ts';

type LoadExistingGrant = NonNullable<Configuration['loadExistingGrant']>;

interface GrantRequest {
  readonly provider: Provider;
  /** The browser's session, if it is this account's; undefined when one is only about to begin. */
  readonly session: Session | undefined;
  readonly accountId: string;
  readonly client: Client;
  readonly allowed: Allowed;
  /** By the request that asks for the grant, which remembers it once the grant is stored. */
  readonly isGivenNow?: boolean;
}

/** What the engine asks before it decides whether consent is missing: a grant made from consent given earlier. */
export const loadConsentedGrant =
  (deps: StoreDeps & { clients: () => ClientRegistry; config: Config }): LoadExistingGrant =>
  async (ctx) => {
    const { provider, session, client: engineClient, result } = ctx.oidc;
    const account = signedInAccount(ctx);
    const client = engineClient === undefined ? undefined : deps.clients().get(engineClient.clientId);
    if (account === undefined || client === undefined || session === undefined) return undefined;
    const allowed = requestedAccess(client, requestParams(ctx));
    const finished = result?.consent?.grantId;
    if (finished !== undefined) {
      const grant = await provider.Grant.find(finished);
      return grant === undefined ? undefined : shareGrant(deps, { provider, session, grant, allowed });
    }
    if (
      !(await mayUse(deps, client, account)) ||
      !(await isCovered(deps, { client, accountId: account.accountId, allowed }))
    ) {
      return standingGrant(provider, { session, accountId: account.accountId, clientId: client.clientId });
    }
    return settleGrant(deps, { provider, session, accountId: account.accountId, client, allowed });
  };

/** True if the client is trusted to ask nothing, or the person has allowed all of it before. */
export async function isCovered(
  deps: StoreDeps,
  { client, accountId, allowed }: { client: Client; accountId: string; allowed: Allowed },
  options: { readonly waiting?: boolean } = {},
): Promise<boolean> {
  if (client.consent === 'skip') return true;
  const remembered = await findConsent(deps.db, { accountId, clientId: client.clientId }, options);
  return covers(client, { allowed, remembered });
}

export const covers = (client: Client, { allowed, remembered }: { allowed: Allowed; remembered: Allowed }): boolean =>
  client.consent === 'skip' || isNothing(missingFrom(remembered, allowed));

/**
 * The session's grant for this client with `allowed` added, or a new one. Undefined where the person has taken back
 * meanwhile what they had allowed: whoever takes it back does not see a grant that is not stored yet, so it is asked again
 * when it is.
 */
export async function settleGrant(deps: StoreDeps, request: GrantRequest): Promise<Grant | undefined> {
  const { provider, session, accountId, client, allowed, isGivenNow = false } = request;
  const { clientId } = client;
  const standing = session === undefined ? undefined : await standingGrant(provider, { session, accountId, clientId });
  if (standing !== undefined && !(await addAccess(standing, allowed))) return standing;
  const grant = standing ?? (await withAccess(new provider.Grant({ accountId, clientId }), allowed));
  if (!isGivenNow && !(await isCovered(deps, { client, accountId, allowed }, { waiting: true }))) {
    await grant.destroy();
    return undefined;
  }
  return session === undefined || grant === standing ? grant : shareGrant(deps, { provider, session, grant, allowed });
}

/**
 * Of requests that bring a session its first grant for a client at once, one wins, and all use its grant. So do sign-ins
 * that began before there was a session to bring it to.
 */
async function shareGrant(
  deps: StoreDeps,
  shared: { provider: Provider; session: Session; grant: Grant; allowed: Allowed },
): Promise<Grant> {
  const { provider, session, grant, allowed } = shared;
  const { accountId = '', clientId = '', jti: grantId } = grant;
  const sid = session.sidFor(clientId) ?? newId();
  const claim = { uid: session.uid, accountId, clientId, sid, grantId };
  const settled = isNew(session) ? claim : await claimSessionGrant(deps, claim);
  session.sidFor(clientId, settled.sid ?? sid);
  if (settled.grantId === undefined || settled.grantId === grantId) return grant;
  const winner = await provider.Grant.find(settled.grantId);
  // Revoked since it won: the next claim finds that out.
  if (winner === undefined) return shareGrant(deps, shared);
  await grant.destroy();
  return withAccess(winner, allowed);
}

/** The types leave it out. Nobody else can know such a session: it has not been stored yet. */
const isNew = (session: Session): boolean => (session as { readonly new?: boolean }).new === true;

async function standingGrant(
  provider: Provider,
  { session, accountId, clientId }: { session: Session; accountId: string; clientId: string },
): Promise<Grant | undefined> {
  const grantId = session.grantIdFor(clientId);
  const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  return grant?.accountId === accountId && grant.clientId === clientId ? grant : undefined;
}

async function withAccess(grant: Grant, allowed: Allowed): Promise<Grant> {
  await addAccess(grant, allowed);
  return grant;
}

/** False if there was nothing to add, and to save. */
async function addAccess(grant: Grant, allowed: Allowed): Promise<boolean> {
  const before = JSON.stringify([grant.openid, grant.resources]);
  if (allowed.scopes.length > 0) grant.addOIDCScope([...allowed.scopes].join(' '));
  for (const [audience, scopes] of allowed.resources) {
    if (scopes.length > 0) grant.addResourceScope(audience, scopes.join(' '));
  }
  if (grant.jti !== undefined && JSON.stringify([grant.openid, grant.resources]) === before) return false;
  await grant.save();
  return true;
}

export const requestParams = (ctx: KoaContextWithOIDC): RequestedParams => (ctx.oidc.params ?? {}) as RequestedParams;
