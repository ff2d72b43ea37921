// How an app wants to read roles: under which claim, in which form, without which prefix, and where.
import { isReservedName } from '../../config/claim-names.ts';
import { isProductRole, roleNameProblem } from '../../config/roles/role-names.ts';

/**
 * `array` ["a", "b"], `space` "a b", `comma` "a,b", `object` {"a": true, "b": true}; `nested` is an array inside as many
 * objects as the claim has dots.
 */
export const ROLE_FORMS = ['array', 'space', 'comma', 'nested', 'object'] as const;
export type RoleForm = (typeof ROLE_FORMS)[number];

/** `access_token` is introspection too, `id_token` and `userinfo` are themselves. */
export const CLAIM_PLACES = ['id_token', 'access_token', 'userinfo'] as const;
export type ClaimPlace = (typeof CLAIM_PLACES)[number];

export interface RoleFormat {
  readonly claim: string;
  readonly as: RoleForm;
  readonly stripPrefix: string | undefined;
  readonly in: readonly ClaimPlace[];
}

export const DEFAULT_ROLE_FORMAT: RoleFormat = {
  claim: 'roles',
  as: 'array',
  stripPrefix: undefined,
  in: CLAIM_PLACES,
};

/** Claims that mean access already, so that roles may stand there. */
const OPEN_TO_ROLES: ReadonlySet<string> = new Set(['roles', 'role', 'groups', 'permissions', 'entitlements']);

const LONGEST_CLAIM = 120;
const DEEPEST = 5;

/** Why roles cannot be read there; undefined when they can. */
export function roleClaimProblem(claim: string, form: RoleForm): string | undefined {
  const [top = '', ...below] = form === 'nested' ? claim.split('.') : [claim];
  if (claim.length > LONGEST_CLAIM) return `expected at most ${LONGEST_CLAIM} characters`;
  if (isReservedName(top) && !OPEN_TO_ROLES.has(top)) {
    return 'is the name of a claim that has a meaning already; choose another, or one of roles, role, groups, permissions, entitlements';
  }
  if (form !== 'nested') {
    return /^[A-Za-z][A-Za-z0-9_.:/-]*$/.test(claim)
      ? undefined
      : 'expected letters, digits, or any of "_ . : / -", a letter first';
  }
  if (below.length === 0 || below.length >= DEEPEST) {
    return `as: nested needs 2 to ${DEEPEST} names with dots between them, such as realm_access.roles`;
  }
  const isName = (part: string) => /^[A-Za-z][A-Za-z0-9_-]*$/.test(part) && !(part.toLowerCase() in OBJECT_NAMES);
  return [top, ...below].every(isName)
    ? undefined
    : 'expected names of letters, digits, "_" or "-", a letter first, with dots between them';
}

/** Names that every JavaScript object has, in lower case. */
const OBJECT_NAMES = Object.fromEntries(
  [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'tojson'].map((name) => [name.toLowerCase(), true]),
);

/** The claim as it stands at the top of a token. */
export const topClaimOf = ({ claim, as: form }: Pick<RoleFormat, 'claim' | 'as'>): string =>
  form === 'nested' ? (claim.split('.')[0] ?? claim) : claim;

/**
 * As the app calls a role: without the prefix, unless the rest is no name that a role may have. Two roles that are
 * called the same are one to it.
 */
export function shownNames(roles: readonly string[], { stripPrefix }: Pick<RoleFormat, 'stripPrefix'>): string[] {
  return [...new Set(roles.map((role) => withoutPrefix(role, stripPrefix)))];
}

function withoutPrefix(role: string, prefix: string | undefined): string {
  if (prefix === undefined || !role.startsWith(prefix)) return role;
  const rest = role.slice(prefix.length);
  return isProductRole(rest) || roleNameProblem(rest) !== undefined ? role : rest;
}

/** Role claims of a token; `names` as `shownNames` has them. */
export function roleClaim(names: readonly string[], { claim, as: form }: RoleFormat): Record<string, unknown> {
  switch (form) {
    case 'array':
      return { [claim]: [...names] };
    case 'space':
      return { [claim]: names.join(' ') };
    case 'comma':
      return { [claim]: names.join(',') };
    case 'object':
      return { [claim]: Object.fromEntries(names.map((name) => [name, true])) };
    case 'nested':
      return claim.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), [...names]) as Record<
        string,
        unknown
      >;
  }
}
