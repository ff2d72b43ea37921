// What an app is allowed, or asks to be allowed: OpenID Connect scopes, and scopes by API.

export interface Allowed {
  readonly scopes: readonly string[];
  /** Audience → scopes; an API may be allowed without any scope of it. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
}

export const nothingAllowed: Allowed = { scopes: [], resources: new Map() };

/** What of `asked` is not yet in `given`. */
export function missingFrom(given: Allowed, asked: Allowed): Allowed {
  const resources = new Map<string, readonly string[]>();
  for (const [audience, scopes] of asked.resources) {
    const allowed = given.resources.get(audience);
    const missing = without(scopes, allowed ?? []);
    if (allowed === undefined || missing.length > 0) resources.set(audience, missing);
  }
  return { scopes: without(asked.scopes, given.scopes), resources };
}

export const isNothing = (allowed: Allowed): boolean => allowed.scopes.length === 0 && allowed.resources.size === 0;

export function union(left: Allowed, right: Allowed): Allowed {
  const resources = new Map<string, readonly string[]>();
  for (const audience of new Set([...left.resources.keys(), ...right.resources.keys()])) {
    resources.set(audience, merged(left.resources.get(audience) ?? [], right.resources.get(audience) ?? []));
  }
  return { scopes: merged(left.scopes, right.scopes), resources };
}

const without = (list: readonly string[], taken: readonly string[]) => list.filter((entry) => !taken.includes(entry));
const merged = (left: readonly string[], right: readonly string[]) => [...new Set([...left, ...right])].sort();
