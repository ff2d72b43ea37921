// Headers that every answer carries: pages, redirects, errors, static files and what the engine sends.
import type { ServerResponse } from 'node:http';
import type Koa from 'koa';
import { PUBLIC_DOCUMENT_SECONDS } from '../config/sections/keys.ts';
import { routedPath } from './routed-path.ts';

export interface HeaderOptions {
  readonly issuer: string;
  /** Paths of discovery and JWKS: public, and asked for often. */
  readonly publicDocuments: readonly string[];
}

/** Seconds: two years, as the OWASP HTTP Headers Cheat Sheet has it. */
const HSTS_SECONDS = 63_072_000;

// script-src must stand here by name: the engine adds the hash of its one inline script (response_mode=form_post) to it, and
// to nothing else. No inline script or style of our own, no data: images.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
].join('; ');

const ALWAYS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  // Not `no-referrer`: with it browsers send `Origin: null` with our own forms (Fetch, "append a request Origin header";
  // seen in Chromium 156), which csrf.ts refuses. Other origins learn as little from this one.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Does not concern CORS requests: apps still fetch discovery, JWKS, token and userinfo from other origins.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'X-Robots-Tag': 'noindex',
};

/**
 * The outermost middleware. Sets the headers at once, so that the engine finds the policy it adds to, and again just before
 * they leave, since Koa drops all headers when an error reaches it. `Cache-Control` is `no-store` unless whoever answers set
 * another (assets.ts); successful discovery and JWKS answers may be cached.
 */
export function securityHeaders({ issuer, publicDocuments }: HeaderOptions): Koa.Middleware {
  const secure = issuer.startsWith('https:');
  const headers = Object.entries({
    ...ALWAYS,
    ...(secure && { 'Strict-Transport-Security': `max-age=${HSTS_SECONDS}; includeSubDomains` }),
    'Cache-Control': 'no-store',
  });
  const cacheable = new Set(publicDocuments.map(routedPath));
  return async (ctx, next) => {
    const { res } = ctx;
    const complete = (status: number) => {
      for (const [name, value] of headers) if (!res.hasHeader(name)) res.setHeader(name, value);
      if (isSuccessfulRead(ctx.method, status) && cacheable.has(routedPath(ctx.originalUrl))) {
        res.setHeader('Cache-Control', `public, max-age=${PUBLIC_DOCUMENT_SECONDS}`);
      }
      letFormPostLeave(res);
    };
    beforeHeaders(res, complete);
    for (const [name, value] of headers) res.setHeader(name, value);
    await next();
  };
}

const isSuccessfulRead = (method: string, status: number): boolean =>
  (method === 'GET' || method === 'HEAD') && (status === 200 || status === 304);

/**
 * The page of response_mode=form_post must post to the app, and Chromium holds the redirects of the app that follow against
 * form-action too. Only that page has a script hash in its policy, and nothing on it comes from anyone but the engine.
 */
function letFormPostLeave(res: ServerResponse): void {
  const policy = res.getHeader('Content-Security-Policy');
  if (typeof policy !== 'string' || !policy.includes("'sha256-")) return;
  const directives = policy.split(';').map((directive) => directive.trim());
  const kept = directives.filter((directive) => !directive.startsWith('form-action'));
  res.setHeader('Content-Security-Policy', kept.join('; '));
}

// Node calls writeHead on every way out, also for answers that never call it themselves.
function beforeHeaders(res: ServerResponse, complete: (status: number) => void): void {
  const writeHead = res.writeHead;
  Object.assign(res, {
    writeHead(status: number, ...rest: unknown[]) {
      if (!res.headersSent) complete(status);
      return Reflect.apply(writeHead, res, [status, ...rest]);
    },
  });
}
