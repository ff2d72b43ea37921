// Scope words: those of OpenID Connect that we serve, and the syntax of all others.

/** OpenID Connect Core 1.0 sections 5.4 and 11, and our own `roles`. An API cannot define a scope of the same name. */
export const OIDC_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'roles', 'offline_access'];

/** RFC 6749 section 3.3, scope-token. */
export const isScopeToken = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(text);
