// Which names claims may have that an operator thinks of: none that means something already.

/**
 * Registered claims of tokens (IANA "JSON Web Token Claims" as far as servers and apps act on them; RFC 7519, 7662, 7800,
 * 8693, 9068, 9449; OpenID Connect Core sections 2 and 5.1, Back- and Front-Channel Logout), members of introspection
 * answers, what apps have been taught to believe (roles, groups, admin), and names that every JavaScript object has.
 */
const RESERVED_NAMES: ReadonlySet<string> = new Set(
  `acr act active address admin amr at_hash ath attest aud auth_time authorization_details azp birthdate c_hash client_id
  cnf email email_verified entitlements events exp family_name gender given_name groups htm htu iat is_admin iss jti jwk
  jwks locale may_act middle_name name nbf nickname nonce orig origin password permissions phone_number
  phone_number_verified picture preferred_username profile role roles rt_hash s_hash scope scopes scp session sid status
  sub sub_id sub_jwk target_sub toe token_introspection token_type txn uid updated_at username
  verified_claims vot vp vtm website zoneinfo
  constructor hasownproperty isprototypeof propertyisenumerable prototype tolocalestring tojson tostring valueof`.split(
    /\s+/,
  ),
);

/** Of our own in access tokens, and of the product. */
const RESERVED_PREFIXES = ['gh_', 'gatehouse'];

/** Whether a token or an answer means something by it, or will. */
export const isReservedName = (name: string): boolean =>
  RESERVED_NAMES.has(name.toLowerCase()) ||
  name.startsWith('_') ||
  RESERVED_PREFIXES.some((prefix) => name.toLowerCase().startsWith(prefix));

/** Why no claim can have this name; undefined when it is fine. A URL is the surest way to mean nobody else's. */
export function claimNameProblem(name: string): string | undefined {
  if (isReservedName(name)) return `is the name of a claim that has a meaning already; choose another`;
  return /^[A-Za-z][A-Za-z0-9_.:/-]{0,119}$/.test(name)
    ? undefined
    : 'expected 1 to 120 letters, digits, or any of "_ . : / -", a letter first';
}
