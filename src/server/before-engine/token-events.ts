// What became of a request for tokens, as events in its own transaction: what was replayed or revoked, and on demand what was issued.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type AuditDeps, recordEvent } from '../../audit/audit-log.ts';
import type { Config } from '../../config/config.ts';
import { sourceOf } from '../../http/request-source.ts';
import '../../http/state.ts';
import { routedPath } from '../../http/routed-path.ts';
import { rememberedOf } from '../../provider/failures/remembered.ts';
import { ENDPOINTS } from '../../provider/paths.ts';

interface Deps extends AuditDeps {
  readonly config: Pick<Config, 'audit'>;
}

/** After the engine has answered, before the commit. */
export async function recordTokenEvents(deps: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  const replayed = REPLAYS.get(ctx.state['failure']?.kind);
  if (replayed !== undefined) {
    await recordEvent(deps, { event: replayed, ...whose(ctx), actor: actorOf(ctx), outcome: 'failure' });
  }
  if (ctx.status !== 200) return;
  if (routedPath(ctx.path) === ENDPOINTS.revocation) await recordRevocation(deps, ctx);
  else if (deps.config.audit.tokens === 'table') await recordIssue(deps, ctx);
}

/** The kinds of explanations/kinds/grants.ts. */
const REPLAYS: ReadonlyMap<string | undefined, 'code.replayed' | 'refresh_token.replayed'> = new Map([
  ['code.used', 'code.replayed'],
  ['refresh_token.used', 'refresh_token.replayed'],
]);

async function recordRevocation(deps: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  const kind = REVOCABLE.find((name) => ctx.oidc.entities[name] !== undefined);
  // A token that is not known is none of anybody's (RFC 7009 section 2.2).
  if (kind === undefined) return;
  await recordEvent(deps, { event: 'token.revoked', ...whose(ctx), actor: actorOf(ctx), details: { kind } });
}

const REVOCABLE = ['RefreshToken', 'AccessToken', 'ClientCredentials'] as const;

async function recordIssue(deps: Deps, ctx: KoaContextWithOIDC): Promise<void> {
  const { params, entities } = ctx.oidc;
  const kinds = ISSUED.filter((name) => (ctx.body as Record<string, unknown>)[name] !== undefined);
  const token = entities.AccessToken ?? entities.ClientCredentials;
  const details = { kinds, scope: token?.scope, audience: [token?.aud ?? []].flat() };
  const about = { ...whose(ctx), actor: actorOf(ctx) };
  const grantType = String(params?.['grant_type']);
  if (grantType === 'refresh_token') await recordEvent(deps, { event: 'token.refreshed', ...about, details });
  else await recordEvent(deps, { event: 'token.issued', ...about, details: { grant_type: grantType, ...details } });
}

const ISSUED = ['access_token', 'refresh_token', 'id_token'] as const;

const whose = (ctx: KoaContextWithOIDC) => {
  const { client, entities, account } = ctx.oidc;
  const token = entities.AuthorizationCode ?? entities.RefreshToken ?? entities.AccessToken;
  const accountId = account?.accountId ?? token?.accountId ?? rememberedOf(ctx).accountId;
  return { accountId, clientId: client?.clientId, source: sourceOf(ctx) };
};

/** An app asks for itself, whoever it acts for; one that cannot prove who it is may be anybody. */
const actorOf = ({ oidc }: KoaContextWithOIDC) =>
  oidc.client === undefined ? ('server' as const) : (`client:${oidc.client.clientId}` as const);
