// What tokens can be signed with (RFC 7518, RFC 8037). RS256 is what every relying party takes.
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export const DEFAULT_ALGORITHM = 'RS256' satisfies SigningAlgorithm;
