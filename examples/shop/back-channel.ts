// Being told that somebody has signed out at the server, or was shut out: OpenID Connect Back-Channel Logout 1.0. Copy
// logoutTokens into your own app; only the route below it knows the shop.
import type Router from '@koa/router';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Context } from 'koa';
import type { Log } from './log.ts';
import type { Sessions } from './session.ts';

export interface EndedAtServer {
  /** Whose sessions have ended. */
  readonly subject: string | undefined;
  /** Which of them: the `sid` of their ID tokens. Undefined: all. */
  readonly sid: string | undefined;
  /**
   * When they ended, in epoch seconds by the server's clock (`toe`, RFC 8417 section 2.2): of all sessions, those whose ID token has a later
   * `iat` have begun since, and go on.
   */
  readonly endedAt: number | undefined;
}

export type LogoutTokenResult =
  | ({ readonly outcome: 'verified' } & EndedAtServer)
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The server's keys cannot be had just now: let it try again later. */
  | { readonly outcome: 'unreachable'; readonly reason: string };

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Another machine's clock may be off by this. */
const CLOCK_TOLERANCE_SECONDS = 15;

/** Checks tokens as section 2.6 says. */
export function logoutTokens({ issuer, clientId }: { issuer: string; clientId: string }) {
  const keys = publishedKeys(issuer);
  return async (token: string): Promise<LogoutTokenResult> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: ['iat', 'exp', 'jti', 'events'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return judge(payload);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Everything that is wrong with a token has a class of its own; what else fails is the way to the keys.
      const isAboutToken = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
      return isAboutToken ? { outcome: 'refused', reason } : { outcome: 'unreachable', reason };
    }
  };
}

/** What Gatehouse can sign with; of these, what the issuer says it does sign with. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const PAUSE_MILLISECONDS = 30_000;

/**
 * Asked for when they are first needed, again after a failure, for a new key, and for an algorithm that the server did not
 * use before: no made-up token has it asked more than twice a minute.
 */
function publishedKeys(issuer: string): JWTVerifyGetKey {
  let found: ReturnType<typeof discover> | undefined;
  let askedAt = 0;
  const ask = () => {
    askedAt = performance.now();
    found = discover(issuer);
    return found;
  };
  return async (header, token) => {
    try {
      let published = await (found ?? ask());
      const isNew = !published.algorithms.includes(header.alg);
      if (isNew && performance.now() > askedAt + PAUSE_MILLISECONDS) published = await ask();
      if (!published.algorithms.includes(header.alg)) throw new errors.JOSEAlgNotAllowed('the issuer uses another one');
      return await published.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) found = undefined;
      throw error;
    }
  };
}

async function discover(issuer: string) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(3_000) });
  const metadata = (await response.json()) as Record<string, unknown>;
  if (metadata['issuer'] !== issuer) throw new Error('discovery names another issuer');
  const algorithms = metadata['id_token_signing_alg_values_supported'];
  return {
    algorithms: Array.isArray(algorithms) ? algorithms.map(String) : ['RS256'],
    keys: createRemoteJWKSet(new URL(String(metadata['jwks_uri'])), { timeoutDuration: 3_000 }),
  };
}

function judge({ events, nonce, sub, sid, toe }: JWTPayload): LogoutTokenResult {
  const refused = (reason: string): LogoutTokenResult => ({ outcome: 'refused', reason });
  const event = (events as Record<string, unknown> | null)?.[LOGOUT_EVENT];
  if (typeof event !== 'object' || event === null) return refused('it is about no sign-out');
  // An ID token has one; a logout token never does, so that neither can stand for the other.
  if (nonce !== undefined) return refused('it has a nonce');
  if (sid !== undefined && typeof sid !== 'string') return refused('sid is no text');
  if (sub === undefined && sid === undefined) return refused('it says neither who nor which session');
  if (toe !== undefined && typeof toe !== 'number') return refused('toe is no number');
  return { outcome: 'verified', subject: sub, sid, endedAt: toe };
}

/** More than a logout token can be. */
const MAX_BODY_BYTES = 16 * 1024;

/** Told twice, or of a session that is gone already, is no harm: what is to be ended has ended. */
export function addBackChannel(
  router: Router,
  { issuer, clientId, sessions, log }: { issuer: string; clientId: string; sessions: Sessions; log: Log },
): void {
  const verify = logoutTokens({ issuer, clientId });
  router.post('/backchannel-logout', async (ctx) => {
    const token = await readToken(ctx);
    const result: LogoutTokenResult =
      token === undefined ? { outcome: 'refused', reason: 'there is no logout_token' } : await verify(token);
    if (result.outcome === 'verified') {
      log(`signed out from afar: ${sessions.endAtServer(result)} session(s)`);
      ctx.status = 200;
      ctx.body = '';
      return;
    }
    log(`back-channel logout ${result.outcome}: ${result.reason}`);
    ctx.status = result.outcome === 'refused' ? 400 : 503;
    ctx.body = { error: result.outcome === 'refused' ? 'invalid_request' : 'temporarily_unavailable' };
  });
}

async function readToken(ctx: Context): Promise<string | undefined> {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      ctx.set('Connection', 'close');
      return undefined;
    }
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('logout_token') ?? undefined;
}
