// A route is data: verb, path, who may call it, handler. Leaving out the access rule does not compile.
import type Koa from 'koa';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import './state.ts';

/** Who may call a route. The gate (server/) enforces it; a new case fails to compile wherever it is not handled. */
export type Access =
  | { readonly rule: 'anyone' }
  | { readonly rule: 'holder-of-interaction' }
  | { readonly rule: 'holder-of-setup-link' }
  | { readonly rule: 'holder-of-probe' }
  | { readonly rule: 'signed-in' }
  | { readonly rule: 'administrator'; readonly needs: ProductPermission | 'any'; readonly change: boolean }
  | { readonly rule: 'program'; readonly needs: ProductPermission };

export const anyone: Access = { rule: 'anyone' };

/** The browser that began this sign-in: it holds the interaction's cookie. */
export const holderOfInteraction: Access = { rule: 'holder-of-interaction' };

/** The browser that has opened the link which makes the first administrator. */
export const holderOfSetupLink: Access = { rule: 'holder-of-setup-link' };

/** Whoever can write to the database has left a token there for this one request. */
export const holderOfProbe: Access = { rule: 'holder-of-probe' };

/** A person in the browser that has signed in here; how fresh and how strong that has to be, the route's handler says. */
export const signedIn: Access = { rule: 'signed-in' };

/**
 * A person with a permission of the product, read from the database at the very request; `change`: with a second factor
 * of the last five minutes.
 */
export const administrator = (
  needs: ProductPermission | 'any',
  { change = false }: { change?: boolean } = {},
): Access => ({
  rule: 'administrator',
  needs,
  change,
});

/** A service client whose access token has the permission as a scope, and whose roles have it now. */
export const program = (needs: ProductPermission): Access => ({ rule: 'program', needs });

/** One phrase, for the printed list of routes. */
export function describeAccess(access: Access): string {
  switch (access.rule) {
    case 'anyone':
      return 'anyone';
    case 'holder-of-interaction':
      return 'holder of the interaction';
    case 'holder-of-setup-link':
      return 'holder of the set-up link';
    case 'holder-of-probe':
      return 'gatehouse doctor, by a token it has left in the database';
    case 'signed-in':
      return 'whoever is signed in';
    case 'administrator':
      return `an administrator with ${access.needs === 'any' ? 'any permission' : access.needs}${access.change ? ', second factor just used' : ''}`;
    case 'program':
      return `a program with ${access.needs}`;
  }
}

/** Koa's context with the parameters of the matched path. */
export type RouteContext = Koa.Context & { readonly params: Readonly<Record<string, string>> };

export type Handler = (ctx: RouteContext) => Promise<void>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** path-to-regexp pattern, matched exactly: upper and lower case differ, no trailing slash is added or dropped. */
  readonly path: string;
  readonly access: Access;
  readonly handler: Handler;
}

/** Also answers HEAD. */
export const get = (path: string, access: Access, handler: Handler): Route => ({
  method: 'GET',
  path,
  access,
  handler,
});

/** Reached only by requests from our own pages: the router checks Origin and Sec-Fetch-Site before the handler. */
export const post = (path: string, access: Access, handler: Handler): Route => ({
  method: 'POST',
  path,
  access,
  handler,
});
