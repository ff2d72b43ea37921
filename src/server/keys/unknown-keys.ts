// A token that names a key which this process does not know may be signed with one that another has made a moment ago.
import type Koa from 'koa';
import type { LiveEngine } from './live-engine.ts';

/** Has the keys looked at where one of the tokens names an unknown one; resolves when it is known, if there is such a key. */
export type FollowTokens = (tokens: readonly string[]) => Promise<void>;

export const followingTokens =
  ({ keys, followSoon }: Pick<LiveEngine, 'keys' | 'followSoon'>): FollowTokens =>
  async (tokens) => {
    const named = tokens.map(keyNamedBy).filter((kid) => kid !== undefined);
    if (named.some((kid) => !keys().some((key) => key.kid === kid))) await followSoon();
  };

/** Stands before everything that checks such tokens, and before the engine is chosen. Of forms, only those of introspection and revocation are read. */
export const followKeys =
  (follow: FollowTokens): Koa.Middleware =>
  async (ctx, next) => {
    const bearer = /^(?:bearer|dpop) (\S+)$/i.exec(ctx.get('authorization'))?.[1];
    const hint = ctx.querystring.includes('id_token_hint=') ? ctx.query['id_token_hint'] : undefined;
    const tokens = [bearer, hint].flat().filter((token) => token !== undefined);
    if (tokens.length > 0) await follow(tokens);
    return next();
  };

/** Undefined for what is no JWT, or names none. */
function keyNamedBy(token: string): string | undefined {
  const [header, ...rest] = token.split('.', 4);
  if (header === undefined || rest.length < 1 || rest.length > 2) return undefined;
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid?: unknown };
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}
