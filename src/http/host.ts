// Pins the Host: nobody but the issuer's own name reaches a page, and absolute URLs can come out no other way.
import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import { type ClientAddress, canonicalAddress } from './client-address.ts';
import { referenceOf } from './reference.ts';
import { routedPath } from './routed-path.ts';
import type { Received } from './state.ts';

export interface HostOptions {
  readonly issuer: string;
  /** Host[:port] under which apps on the inside may call `internalPaths`; without a port, any port. */
  readonly internalHosts: readonly string[];
  /** Discovery, JWKS, token, userinfo, introspection, as the engine's routes are configured. */
  readonly internalPaths: readonly string[];
  /** Health probes: answered under any name. */
  readonly anyHostPaths: readonly string[];
  readonly development: boolean;
  readonly clientAddress: ClientAddress;
}

export type HostDecision =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'redirected'; readonly location: string }
  | { readonly outcome: 'misdirected' };

interface Asked {
  readonly method: string;
  /** Origin form: path and query. */
  readonly target: string;
  /** As the caller, or a trusted proxy, wrote it. */
  readonly host: string | undefined;
}

type HostRules = Pick<HostOptions, 'issuer' | 'internalHosts' | 'internalPaths' | 'anyHostPaths' | 'development'>;

/**
 * Afterwards `ctx.host`, `ctx.protocol` and `ctx.secure` are the issuer's, whatever was sent: the engine makes its absolute URLs
 * and the audience of client assertions from them. This needs `app.proxy = true` (Koa then reads X-Forwarded-Proto, which is
 * ours alone by then). Leaves the caller's address in `ctx.state.clientAddress` and `ctx.ip`.
 */
export function pinHost(options: HostOptions): Koa.Middleware {
  const { protocol, host } = new URL(options.issuer);
  return async (ctx, next) => {
    const { req } = ctx;
    ctx.state.clientAddress = options.clientAddress.of(req);
    const target = originForm(ctx.url, options.issuer);
    const asked = { method: ctx.method, target: target ?? '', host: effectiveHost(req, options.clientAddress) };
    const decision: HostDecision = target === undefined ? { outcome: 'misdirected' } : decideHost(options, asked);
    switch (decision.outcome) {
      case 'misdirected':
        return misdirected(ctx, {
          received: target === undefined ? ctx.url.split('/')[2] : asked.host,
          expected: host,
        });
      case 'redirected':
        ctx.status = 303;
        return ctx.redirect(decision.location);
      case 'accepted':
        ctx.originalUrl = ctx.request.originalUrl = ctx.url = asked.target;
        ctx.state.received = receivedFrom(req, options.clientAddress);
        speakAsIssuer(req, { host, scheme: protocol.slice(0, -1) });
        ctx.request.ip = ctx.state.clientAddress;
        return next();
    }
  };
}

export function decideHost(rules: HostRules, { method, target, host }: Asked): HostDecision {
  const issuer = new URL(rules.issuer);
  const path = routedPath(target);
  const isOneOf = (paths: readonly string[]) => paths.some((each) => routedPath(each) === path);
  const asked = parseHost(host, issuer.protocol);
  const own = parseHost(issuer.host, issuer.protocol);
  if (isOneOf(rules.anyHostPaths)) return { outcome: 'accepted' };
  if (asked === undefined) return { outcome: 'misdirected' };
  if (asked.name === own?.name && asked.port === own.port) return { outcome: 'accepted' };
  if (isOneOf(rules.internalPaths) && rules.internalHosts.some((each) => isInternal(each, asked))) {
    return { outcome: 'accepted' };
  }
  const otherLoopback = rules.development && isLoopback(asked.name) && asked.port === own?.port;
  const isRead = method === 'GET' || method === 'HEAD';
  if (otherLoopback && isRead) return { outcome: 'redirected', location: issuer.origin + target };
  return { outcome: 'misdirected' };
}

interface HostAndPort {
  readonly name: string;
  readonly port: string;
  readonly portGiven: boolean;
}

/** Compared as text, not as URLs: 0x7f.1 and 2130706433 are spellings of 127.0.0.1 to a URL parser, and foreign names to us. */
function parseHost(text: string | undefined, protocol: string): HostAndPort | undefined {
  const parts = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(text ?? '');
  if (parts?.[1] === undefined) return undefined;
  const usualPort = protocol === 'https:' ? '443' : '80';
  return { name: parts[1].toLowerCase(), port: parts[2] ?? usualPort, portGiven: parts[2] !== undefined };
}

function isInternal(entry: string, asked: HostAndPort): boolean {
  const internal = parseHost(entry, 'http:');
  if (internal?.name !== asked.name) return false;
  if (!internal.portGiven) return true;
  // Programs leave out the usual port, and inside it may be the other one of the two.
  return asked.portGiven ? internal.port === asked.port : ['80', '443'].includes(internal.port);
}

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);

/** X-Forwarded-Host counts from our own proxies only, and only as one value: two would let the caller choose. */
function effectiveHost(req: IncomingMessage, clientAddress: ClientAddress): string | undefined {
  const forwarded = req.headers['x-forwarded-host'];
  if (forwarded === undefined || !clientAddress.trustsPeerOf(req)) return req.headers.host;
  return [forwarded].flat().join(',');
}

/** `GET http://host/path` names its own host (RFC 9112 section 3.2.2): it has to be the issuer's. `undefined` if it is not. */
function originForm(target: string, issuer: string): string | undefined {
  if (target.startsWith('/')) return target;
  const parts = /^(https?:)\/\/([^/?#]*)([/?#].*)?$/is.exec(target);
  if (parts === null) return undefined;
  const [, scheme = '', authority, rest = ''] = parts;
  const { host, protocol } = new URL(issuer);
  const asked = parseHost(authority, scheme.toLowerCase());
  const own = parseHost(host, protocol);
  if (asked === undefined || asked.name !== own?.name || asked.port !== own.port) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function receivedFrom(req: IncomingMessage, clientAddress: ClientAddress): Received {
  const header = (name: string): string | undefined =>
    req.headers[name] === undefined ? undefined : [req.headers[name]].flat().join(',').slice(0, MOST_SHOWN);
  return {
    peer: canonicalAddress(req.socket.remoteAddress ?? '') ?? 'unknown',
    trusted: clientAddress.trustsPeerOf(req),
    client: clientAddress.of(req),
    host: header('host'),
    forwardedFor: header('x-forwarded-for'),
    forwardedHost: header('x-forwarded-host'),
    forwardedProto: header('x-forwarded-proto'),
  };
}

const MOST_SHOWN = 500;

function speakAsIssuer({ headers }: IncomingMessage, issuer: { readonly host: string; readonly scheme: string }): void {
  for (const name of Object.keys(headers)) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) delete headers[name];
  }
  headers.host = issuer.host;
  headers['x-forwarded-proto'] = issuer.scheme;
}

/** Without a page, which would have to name addresses; with a reference, as a proxy that changes the Host is hard to see. */
function misdirected(
  ctx: Koa.Context,
  { received = '', expected }: { received?: string | undefined; expected: string },
) {
  const reference = referenceOf(ctx);
  ctx.state.refusal = 'misdirected_request';
  ctx.state.failure = {
    kind: 'page.refused',
    details: { case: 'host.foreign', received: printable(received), expected: [expected] },
  };
  ctx.status = 421;
  ctx.type = 'text/plain';
  ctx.body = `Misdirected request: this server does not answer under that name.\nReference: ${reference}\n`;
}

/** What a name and its port are made of; without a user and a password, which have no business there. */
const printable = (host: string): string =>
  host
    .slice(0, MOST_SHOWN)
    .replace(/^.*@/, '')
    .replaceAll(/[^\w.:[\], -]/g, '?');
