// Scope words: those of OpenID Connect that we serve, those that operators declare, and the syntax of all others.
import type { Attribute } from './config.ts';

/** OpenID Connect Core 1.0 sections 5.4 and 11, and our own `roles` and `groups`. An API cannot define a scope of the same name. */
export const OIDC_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'roles',
  'groups',
  'offline_access',
];

/** Scopes of the standard that may release more than its claims. */
const EXTENSIBLE: readonly string[] = ['profile', 'email', 'phone', 'address'];

/** What apps may ask for besides the scopes of APIs: the words of the standard, and those of attributes. */
export const scopesServed = (attributes: ReadonlyMap<string, Attribute>): readonly string[] => [
  ...new Set([...OIDC_SCOPES, ...[...attributes.values()].map(({ scope }) => scope)]),
];

/** RFC 6749 section 3.3, scope-token. */
export const isScopeToken = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(text);

/** Why no attribute can be released by it; undefined when it is fine. */
export function attributeScopeProblem(scope: string): string | undefined {
  if (EXTENSIBLE.includes(scope)) return undefined;
  if (OIDC_SCOPES.includes(scope)) {
    return `cannot be ${scope}, which says something else; choose ${EXTENSIBLE.join(', ')} or a name of your own`;
  }
  // The engine keeps scopes in an object, under their names.
  return /^[a-z][a-z0-9_.:-]{0,62}$/.test(scope) && !(scope in {}) && scope !== 'prototype'
    ? undefined
    : 'expected 1 to 63 characters: a to z, digits, or any of "_ . : -", a letter first';
}
