// Which changes of a client make it easier to misuse, and why that matters. Every field of a client has a judgement.
import { type Described, listOf, newItems, type Value } from '../../config/effective/described.ts';
import type { Weakening } from '../../config/effective/setting-regressions.ts';
import { showsRole } from '../../config/roles/role-names.ts';
import type { Client, ClientAuthMethod } from '../client.ts';
import type { ServedClient } from './describe-client.ts';
import { secretRegressions } from './secret-regressions.ts';

/** What is found in a change of values, or in those of a new client, of which there is nothing before. */
type Judge = (before: Described | undefined, after: Described) => readonly Weakening[];

/** Fields that make nothing weaker, whatever they become. */
const harmless: Judge = () => [];

const JUDGES: { readonly [F in Exclude<keyof Client, 'clientId' | 'source' | 'secrets'>]: Judge } = {
  clientName: harmless,
  preset: harmless,
  redirectUris: (before, after) => [
    ...newAddresses(before, after, {
      key: 'redirect_uris',
      what: 'new redirect host',
      why: 'codes are sent there: whoever answers at that address can sign in as the people who come',
    }),
    ...newPlainHttp(before, after),
  ],
  postLogoutRedirectUris: (before, after) =>
    newAddresses(before, after, {
      key: 'post_logout_redirect_uris',
      what: 'new host after signing out',
      why: 'people are led there from a page of this server, and trust it',
    }),
  backchannelLogoutUri: (before, after) => [
    ...newAddresses(before, after, {
      key: 'backchannel_logout_uri',
      what: 'told of sign-outs at a new host',
      why: 'whoever answers there learns who signs out, and the app may not',
    }),
    ...untold(before, after),
  ],
  backchannelLogoutSessionRequired: harmless,
  grantTypes: harmless,
  tokenEndpointAuthMethod: weakerAuthentication,
  jwks: harmless,
  jwksUri: (before, after) =>
    newAddresses(before, after, {
      key: 'jwks_uri',
      what: 'keys from a new host',
      why: 'whoever answers at that address can act as the client',
    }),
  scopes: harmless,
  resources: harmless,
  requirePkce: (before, after) =>
    before?.['require_pkce'] !== false && after['require_pkce'] === false
      ? [
          {
            key: 'require_pkce',
            what: 'PKCE off',
            why: 'a code that somebody has intercepted can be redeemed or injected (RFC 9700 section 2.1.1)',
          },
        ]
      : [],
  requirePushedAuthorizationRequests: turnedOff({
    key: 'require_pushed_authorization_requests',
    what: 'pushed requests off',
    why: 'requests come through the browser again, where they can be read and changed (RFC 9126)',
  }),
  dpopBoundAccessTokens: turnedOff({
    key: 'dpop_bound_access_tokens',
    what: 'DPoP off',
    why: 'a stolen access or refresh token works for whoever has it (RFC 9449)',
  }),
  consent: (before, after) =>
    before?.['consent'] === 'ask' && after['consent'] === 'skip'
      ? [{ key: 'consent', what: 'consent is skipped', why: 'people are no longer asked what the app may know' }]
      : [],
  access: (before, after) => [
    ...openToMore(before, after, { key: 'access.require_any_role', noun: 'role' }),
    ...openToMore(before, after, { key: 'access.require_any_group', noun: 'group' }),
    ...openToMoreValues(before, after),
    ...withoutSecondFactor(before, after),
  ],
  roles: moreRoles,
  scopeClaimsInIdToken: harmless,
  idTokenAlgorithm: harmless,
  allowedOrigins: grown({
    key: 'allowed_origins',
    what: 'new origin',
    why: 'its scripts may call token, userinfo and revocation',
  }),
  introspect: grown({
    key: 'introspect',
    what: 'more introspection',
    why: 'the client can ask about tokens that were made for these audiences',
  }),
  assertionAudience: (before, after) =>
    before?.['assertion_audience'] === 'issuer' && after['assertion_audience'] === 'token_endpoint'
      ? [
          {
            key: 'assertion_audience',
            what: 'assertions to the token endpoint are taken',
            why: 'another server can name our address as its own, and use here what the client signs for it (CVE-2025-27370)',
          },
        ]
      : [],
  clientUri: harmless,
  policyUri: harmless,
  tosUri: harmless,
  logoFile: harmless,
};

/** `before` is undefined for a client that is new. `now` decides how old secrets are. */
export const clientRegressions = (
  before: ServedClient | undefined,
  after: ServedClient,
  now: Date,
): readonly Weakening[] => [
  ...Object.values(JUDGES).flatMap((judge) => judge(before?.values, after.values)),
  ...secretRegressions(before?.secrets, after.secrets, now),
];

function newAddresses(before: Described | undefined, after: Described, { key, what, why }: Weakening): Weakening[] {
  if (before === undefined) return [];
  const known = new Set(addressesIn(before[key]).map(placeOf));
  const places = new Set(addressesIn(after[key]).map(placeOf));
  return [...places].filter((place) => !known.has(place)).map((place) => ({ key, what: `${what}: ${place}`, why }));
}

const addressesIn = (value: Value | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : listOf(value ?? null);

/** The origin of a web address; the scheme of an app's own one. */
function placeOf(address: string): string {
  const { origin, protocol } = new URL(address);
  return origin === 'null' ? protocol : origin;
}

function untold(before: Described | undefined, after: Described): Weakening[] {
  const key = 'backchannel_logout_uri';
  if (typeof before?.[key] !== 'string' || after[key] !== null) return [];
  return [{ key, what: 'not told of sign-outs', why: 'people stay signed in at the app when their session here ends' }];
}

/** Only loopback addresses may be http at all; a web application in production has no use for them. */
function newPlainHttp(before: Described | undefined, after: Described): Weakening[] {
  if (before === undefined || after['preset'] === 'native') return [];
  const key = 'redirect_uris';
  return newItems(before[key] ?? null, after[key] ?? null)
    .filter((uri) => uri.startsWith('http:'))
    .map((uri) => ({
      key,
      what: `redirect without TLS: ${uri}`,
      why: 'any program on the same machine can listen there',
    }));
}

const STRENGTH: Readonly<Record<ClientAuthMethod, number>> = {
  none: 0,
  client_secret_basic: 1,
  client_secret_post: 1,
  private_key_jwt: 2,
};

function weakerAuthentication(before: Described | undefined, after: Described): Weakening[] {
  const key = 'token_endpoint_auth_method';
  const strength = (values: Described) => STRENGTH[values[key] as ClientAuthMethod] ?? 0;
  if (before === undefined || strength(after) >= strength(before)) return [];
  return after[key] === 'none'
    ? [
        {
          key,
          what: 'a confidential client becomes public',
          why: 'anybody can use its name: it proves nothing any more',
        },
      ]
    : [
        {
          key,
          what: 'a secret instead of a key',
          why: 'the secret travels with every request, and can be stolen on the way',
        },
      ];
}

function turnedOff(weakening: Weakening): Judge {
  return (before, after) => (before?.[weakening.key] === true && after[weakening.key] === false ? [weakening] : []);
}

function grown({ key, what, why }: Weakening): Judge {
  return (before, after) => {
    if (before === undefined) return [];
    const added = newItems(before[key] ?? null, after[key] ?? null);
    return added.map((item) => ({ key, what: `${what}: ${item}`, why }));
  };
}

const LETS_IN = 'people may sign in there who could not before';

/** No list lets everybody in. */
function openToMore(
  before: Described | undefined,
  after: Described,
  { key, noun }: { key: string; noun: string },
): Weakening[] {
  const [old, wanted] = [listOf(before?.[key] ?? null), listOf(after[key] ?? null)];
  if (old.length === 0) return [];
  if (wanted.length === 0) return [{ key, what: `open to everybody, whatever their ${noun}s`, why: LETS_IN }];
  return newItems(old, wanted).map((name) => ({ key, what: `open to one more ${noun}: ${name}`, why: LETS_IN }));
}

/** Of the pairs of attribute and value (describe-client.ts). */
function openToMoreValues(before: Described | undefined, after: Described): Weakening[] {
  const key = 'access.attributes';
  const nameOf = (pair: string) => pair.split(' ')[0] ?? '';
  const [old, wanted] = [listOf(before?.[key] ?? null), listOf(after[key] ?? null)];
  const [demanded, stillDemanded] = [new Set(old.map(nameOf)), new Set(wanted.map(nameOf))];
  return [
    ...[...demanded]
      .filter((name) => !stillDemanded.has(name))
      .map((name) => ({ key, what: `open to everybody, whatever their ${name}`, why: LETS_IN })),
    ...newItems(old, wanted)
      .filter((pair) => demanded.has(nameOf(pair)))
      .map((pair) => ({ key, what: `open to one more value: ${pair}`, why: LETS_IN })),
  ];
}

function withoutSecondFactor(before: Described | undefined, after: Described): Weakening[] {
  const key = 'access.acr';
  if (before?.[key] !== 'mfa' || after[key] === 'mfa') return [];
  return [{ key, what: 'no second factor asked for', why: 'a password alone, guessed or phished, is enough there' }];
}

function moreRoles(before: Described | undefined, after: Described): Weakening[] {
  const [include, assign] = ['roles.include', 'roles.assign'] as const;
  // A new client is compared with one that sees what is seen by default.
  const seen = patternsOf(before?.[include] ?? null);
  const widened = patternsOf(after[include] ?? null).filter(
    (pattern) => !seen.some((wider) => showsRole(wider, pattern)),
  );
  return [
    ...widened.map((pattern) => ({
      key: include,
      what: `sees more roles: ${pattern}`,
      why: 'roles tell what people may do elsewhere, and the app may act on them',
    })),
    ...(before === undefined ? [] : newItems(before[assign] ?? null, after[assign] ?? null)).map((role) => ({
      key: assign,
      what: `has one more role: ${role}`,
      why: 'its access tokens carry it, and APIs let it do what the role allows',
    })),
  ];
}

const patternsOf = (value: Value): readonly string[] => (value === null ? ['*'] : listOf(value));
