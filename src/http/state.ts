// What our middleware leaves on `ctx.state` for whoever comes after it.
import type { RefusalCode } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { Locals } from './page.ts';

export interface Failure {
  readonly kind: string;
  readonly clientId?: string | undefined;
  readonly details: object;
}

export interface Received {
  /** Who is connected: the caller, or the last proxy. */
  readonly peer: string;
  /** Whether that one stands in `server.trusted_proxies`. */
  readonly trusted: boolean;
  /** Whom the limits count. */
  readonly client: string;
  readonly host: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly forwardedHost: string | undefined;
  readonly forwardedProto: string | undefined;
}

declare module 'koa' {
  interface DefaultState {
    /** Ours, or that of a proxy we trust, never the visitor's; also the X-Request-Id header. Set by request-log.ts. */
    requestId: string;
    /** Carries the request id. Set by request-log.ts. */
    log: Logger;
    /** Canonical IP address of the person or program, behind trusted proxies. Set by host.ts. */
    clientAddress: string;
    /** The request as it came in, before the issuer's names took the place of what was sent. Set by host.ts. */
    received?: Received;
    /** Development: the pseudo-locale can be asked for. Set by page.ts. */
    hasPseudoLocale?: boolean;
    /** `ui_locales` of the authorization or logout request that the page belongs to. Set by whoever knows the request. */
    uiLocales?: unknown;
    /** Where a page that answers a form can be seen again: path and query, ours. Set by whoever knows it. */
    pageAddress?: string;
    /** Locals of every page. Set by page.ts. */
    sharedLocals: Locals;
    /** Gives the context koa-views' `render`. Set by page.ts. */
    attachViews: () => Promise<void>;
    /** From which what is relative on a page is counted. Set by page.ts. */
    pageTime: Date;
    /** The pattern of the route that answers (`/interaction/:uid`): identifiers in paths stay out of the log. */
    route?: string;
    /** Why the request was refused. Set by refusals.ts and host.ts. */
    refusal?: RefusalCode;
    /** Stands on the answer of an error, and in its log lines. Made by reference.ts. */
    reference?: string;
    /** What the reference will be explained from, plain and without secrets. Set by whoever noticed the error. */
    failure?: Failure;
    /** Whoever answers may say that the request is not worth a line at level info (assets, health). */
    quiet?: boolean;
  }
}
