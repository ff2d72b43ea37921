// Which program calls the API of the server itself: read from its access token, its client file and its proof.
import type { ClientRegistry } from '../../clients/client.ts';
import type { Config } from '../../config/config.ts';
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import { currentVerificationKeys } from '../../keys/key-set.ts';
import type { SigningKey } from '../../keys/signing-key.ts';
import type { Payload, StoreDeps } from '../../protocol-store/payloads.ts';
import { createAccessTokenReader } from '../access-token-reader.ts';
import { PROOF_ALGORITHMS, wrongWithProof } from './dpop-proof.ts';

export interface ApiCaller {
  readonly clientId: string;
  /** Of the token, as far as the client's file still names them. */
  readonly scopes: readonly string[];
  /** The roles of its file. */
  readonly assigned: readonly string[];
}

export interface Presented {
  readonly authorization: string;
  /** The header DPoP; empty without one. */
  readonly proof: string;
  readonly method: string;
  /** As the issuer's, without the query. */
  readonly url: string;
}

export type Admission =
  | { readonly outcome: 'admitted'; readonly caller: ApiCaller }
  /** What WWW-Authenticate says (RFC 6750 section 3, RFC 9449 section 7.1). */
  | { readonly outcome: 'refused'; readonly challenges: readonly string[]; readonly detail: string };

export interface ApiDoorDeps extends StoreDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly keys: () => readonly SigningKey[];
}

export type ApiDoor = (presented: Presented) => Promise<Admission>;

/** Only a token that the client was given for itself (client_credentials), for this very API, opens it. */
export function createApiDoor(deps: ApiDoorDeps): ApiDoor {
  const read = createAccessTokenReader({
    ...deps,
    verificationKeys: currentVerificationKeys(deps.keys),
    endpoint: () => undefined,
  });
  return async (presented) => {
    if (presented.authorization === '') return refused(deps.config.api.audience);
    const credentials = parsed(presented.authorization);
    if (credentials === undefined) return invalidToken('expected Authorization: Bearer or DPoP, and a token');
    const { scheme, token } = credentials;
    const payload = await read('ClientCredentials', token);
    if (payload === undefined || payload['aud'] !== deps.config.api.audience) {
      return invalidToken(`expected an access token of a service client for ${deps.config.api.audience}`);
    }
    const { jkt } = payload;
    const clientId = String(payload['clientId']);
    if (typeof jkt !== 'string') {
      // Also one that is older than what the file says by now.
      const isToBeBound = scheme === 'dpop' || deps.clients().get(clientId)?.dpopBoundAccessTokens === true;
      return isToBeBound ? invalidToken('the token is bound to no key') : admitted(deps, payload);
    }
    if (scheme === 'bearer') return invalidToken('the token is bound to a key: expected it with the scheme DPoP');
    const wrong = await wrongWithProof(deps, { ...presented, token, jkt, clientId });
    return wrong === undefined ? admitted(deps, payload) : invalidProof(wrong);
  };
}

/** A token of ours and nothing else: the mark with which the engine is handed one is none. */
function parsed(authorization: string): { scheme: 'bearer' | 'dpop'; token: string } | undefined {
  const parts = /^(bearer|dpop) ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  return { scheme: parts[1].toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token: parts[2] };
}

function admitted({ clients }: ApiDoorDeps, payload: Payload): Admission {
  const clientId = String(payload['clientId']);
  const client = clients().get(clientId);
  const allowed = client?.resources.get(PRODUCT_RESOURCE);
  if (client === undefined || allowed === undefined) return invalidToken('the client may no longer call this API');
  const scopes = String(payload['scope'] ?? '')
    .split(' ')
    .filter((scope) => allowed.includes(scope));
  return { outcome: 'admitted', caller: { clientId, scopes, assigned: client.roles.assign } };
}

const DPOP = `DPoP algs="${PROOF_ALGORITHMS.join(' ')}"`;

/** Nothing was presented, so nothing is said to be wrong. RFC 6750 section 3 wants a parameter after Bearer. */
const refused = (audience: string): Admission => ({
  outcome: 'refused',
  challenges: [`Bearer realm="${audience}"`, DPOP],
  detail: 'This address takes an access token of a service client.',
});

const invalidToken = (said: string): Admission => ({
  outcome: 'refused',
  challenges: [`Bearer error="invalid_token", error_description="${said}"`, `${DPOP}, error="invalid_token"`],
  detail: `The access token cannot be used here: ${said}.`,
});

const invalidProof = (said: string): Admission => ({
  outcome: 'refused',
  challenges: [`${DPOP}, error="invalid_dpop_proof", error_description="${said}"`],
  detail: `The DPoP proof cannot be used: ${said}.`,
});

/** For who is known, but may not do this (RFC 6750 section 3.1). */
export const insufficientScope = (scope: string): readonly string[] => [
  `Bearer error="insufficient_scope", scope="${scope}"`,
  `${DPOP}, error="insufficient_scope", scope="${scope}"`,
];
