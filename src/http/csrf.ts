// Forms are taken only from our own pages: a token in every form, and a look at where the browser says it comes from.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type Koa from 'koa';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { Refusal } from '../errors.ts';
import './state.ts';

export interface Csrf {
  /** The token for forms of one browser; `binding` is what only that browser presents again (the interaction's or session's id). */
  token(binding: string): string;
  /** @throws Refusal 403 `cross_site_request` when the token is missing or belongs to another binding. */
  check(ctx: Koa.Context, binding: string, presented: string | undefined): void;
}

/**
 * HMAC-SHA-256 over the binding: nothing to store, and a token for one binding says nothing about another. Made with the
 * newest key, taken with all of them.
 */
export function createCsrf(newest: Buffer, ...previous: readonly Buffer[]): Csrf {
  // Node takes a Buffer for a key too, in seven times as long.
  const newestKey = createSecretKey(newest);
  const keys = [newestKey, ...previous.map((key) => createSecretKey(key))];
  const tokenBy = (key: KeyObject, binding: string) => createHmac('sha256', key).update(binding).digest('base64url');
  const isToken = (binding: string, presented: string) =>
    keys.some((key) => equalInConstantTime(tokenBy(key, binding), presented));
  return {
    token: (binding) => tokenBy(newestKey, binding),
    check(ctx, binding, presented) {
      if (presented !== undefined && isToken(binding, presented)) return;
      ctx.state.log.warn({ event: 'csrf.refused', reason: presented === undefined ? 'no_token' : 'wrong_token' });
      throw crossSiteRequest();
    },
  };
}

/**
 * Refuses requests that a browser sends on behalf of another site (Fetch Metadata; RFC 6454 section 7). Origin `null` is
 * another site: our pages never cause it, because their Referrer-Policy is `same-origin` (security-headers.ts).
 * Without either header the caller is no current browser; the token in the form still protects.
 * @throws Refusal 403 `cross_site_request`
 */
export function requireSameOrigin(ctx: Koa.Context, issuerOrigin: string): void {
  const origin = ctx.get('Origin');
  const site = ctx.get('Sec-Fetch-Site');
  if (origin !== '' && origin !== issuerOrigin) throw refusedFor(ctx, 'origin');
  // `none`: the person did it, by reloading or from the address bar.
  if (site !== '' && site !== 'same-origin' && site !== 'none') throw refusedFor(ctx, 'sec_fetch_site');
}

function refusedFor(ctx: Koa.Context, reason: string): Refusal {
  ctx.state.log.warn({ event: 'csrf.refused', reason });
  return crossSiteRequest();
}

const crossSiteRequest = (): Refusal =>
  new Refusal({
    code: 'cross_site_request',
    status: 403,
    reason: 'foreign_form',
    message: 'This form did not come from a current page of this site. Go back, load the page again and retry.',
  });
