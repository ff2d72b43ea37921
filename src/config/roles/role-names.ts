// Which names roles may have.

/** Roles of the product itself begin with this; migrations make them, and they leave the server only where asked for. */
export const PRODUCT_ROLE_PREFIX = 'gatehouse:';

/** Whoever has it decides about everybody else, so a second factor is not optional for it. */
export const ADMIN_ROLE = 'gatehouse:admin';

export const isProductRole = (name: string): boolean => name.startsWith(PRODUCT_ROLE_PREFIX);

/**
 * Whether a pattern of a client file, with `*` for any run of characters, shows a role. Roles of the product need a
 * pattern that itself begins with `gatehouse:`. A pattern in the place of the role: whether all that it shows is shown.
 */
export const showsRole = (pattern: string, role: string): boolean =>
  (!isProductRole(role) || isProductRole(pattern)) && matchesGlob(role, pattern);

/** Without regular expressions: the time is linear whatever the pattern. */
function matchesGlob(text: string, pattern: string): boolean {
  const [prefix = '', ...rest] = pattern.split('*');
  const suffix = rest.pop();
  if (suffix === undefined) return text === pattern;
  if (text.length < prefix.length + suffix.length) return false;
  if (!text.startsWith(prefix) || !text.endsWith(suffix)) return false;
  const end = text.length - suffix.length;
  let from = prefix.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

const ROLE_NAME = /^[a-z](?:[a-z0-9._:-]{0,62}[a-z0-9])?$/;

/**
 * Claims of tokens (RFC 7519, RFC 9068, OpenID Connect Core) and names every JavaScript object has: an app that copies
 * roles into an object by their name must not find one of these changed.
 */
const RESERVED_NAMES: ReadonlySet<string> = new Set(
  `acr act amr at_hash aud auth_time azp c_hash client_id cnf email email_verified entitlements events exp groups iat
  iss jti may_act name nbf nonce preferred_username roles s_hash scope sid sub sub_id txn username
  constructor hasownproperty isprototypeof prototype tolocalestring tostring valueof`.split(/\s+/),
);

/** Parts of a name that an app which nests by them must not find. */
const RESERVED_PARTS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const isReserved = (name: string): boolean =>
  RESERVED_NAMES.has(name.toLowerCase()) ||
  name
    .toLowerCase()
    .split(/[.:/]/)
    .some((part) => RESERVED_PARTS.has(part));

/** Why an operator cannot make a role of this name, as a sentence; undefined when it is fine. */
export const roleNameProblem = (name: string): string | undefined => nameProblem(name, 'role');

/** Likewise of a group: apps read both from the same tokens. */
export const groupNameProblem = (name: string): string | undefined => nameProblem(name, 'group');

function nameProblem(name: string, kind: 'role' | 'group'): string | undefined {
  if (isProductRole(name)) return `Names that begin with "${PRODUCT_ROLE_PREFIX}" are the product's own.`;
  if (isReserved(name)) {
    return `"${name}" is the name of a claim or of something built in, so it cannot be a ${kind}.`;
  }
  if (ROLE_NAME.test(name)) return undefined;
  const which = kind === 'role' ? 'A role' : 'A group';
  return `${which} has 1 to 64 characters: a to z, digits, dots, colons, dashes or underscores; a letter first, no mark last.`;
}

const PERMISSION_NAME = /^[A-Za-z](?:[A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?$/;

/** `posts:add`, `blog.add_post`, `Orders/Read`: as the API that asks for it writes it. */
export function permissionNameProblem(name: string): string | undefined {
  if (isReserved(name)) {
    return `"${name}" is the name of a claim or of something built in, so it cannot be a permission.`;
  }
  if (PERMISSION_NAME.test(name)) return undefined;
  return 'A permission has 1 to 128 letters, digits, dots, colons, slashes, dashes or underscores; a letter first, no mark last.';
}

const DESCRIPTION_LENGTH = 200;

/** Of roles, groups and permissions alike. */
export const descriptionProblem = (description: string): string | undefined =>
  [...description].length > DESCRIPTION_LENGTH || /\p{Cc}/u.test(description)
    ? `A description is one line of at most ${DESCRIPTION_LENGTH} characters.`
    : undefined;
