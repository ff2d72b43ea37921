// Proof of possession at the API of the server itself (RFC 9449 section 7): the engine checks proofs only where it answers.

import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { epochSeconds } from '../../clock.ts';
import { equalInConstantTime } from '../../crypto/constant-time.ts';
import { insertPayloadOnce, type StoreDeps } from '../../protocol-store/payloads.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../client-authentication.ts';

/** At the token endpoint too. */
export const PROOF_ALGORITHMS: ('ES256' | 'EdDSA' | 'RS256' | 'PS256')[] = ['ES256', 'EdDSA', 'RS256', 'PS256'];

/** For which a proof is good, as the engine has it. */
const PROOF_SECONDS = 60;

const LONGEST_JTI = 256;

/** Of its own: what the engine remembers of proofs is nobody else's. */
const MODEL = 'ApiProof';

export interface Proven {
  readonly proof: string;
  readonly token: string;
  /** Thumbprint of the key that the token is bound to (RFC 7638). */
  readonly jkt: string;
  readonly clientId: string;
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
}

/** What is wrong with the proof, in words for its sender; undefined when nothing is. It is good once. */
export async function wrongWithProof(deps: StoreDeps, proven: Proven): Promise<string | undefined> {
  const verified = await verifiedProof(deps, proven.proof);
  if (verified === undefined) return 'the proof is no dpop+jwt signed by the key in its header';
  const { claims, thumbprint } = verified;
  const now = epochSeconds(deps.clock.now());
  const { iat, jti } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return 'the proof has no usable jti';
  if (typeof iat !== 'number' || iat < now - PROOF_SECONDS || iat > now + CLOCK_TOLERANCE_SECONDS)
    return 'the proof is not recent';
  if (claims['htm'] !== proven.method) return 'the proof is for another method';
  if (bareUrl(claims['htu']) !== bareUrl(proven.url)) return 'the proof is for another address';
  if (!equalInConstantTime(String(claims['ath']), createHash('sha256').update(proven.token).digest('base64url')))
    return 'the proof is for another token';
  if (thumbprint !== proven.jkt) return 'the proof is by another key than the token is bound to';
  const isNew = await insertPayloadOnce(deps, {
    model: MODEL,
    id: `${proven.clientId} ${jti}`,
    payload: {},
    expiresInSeconds: PROOF_SECONDS + CLOCK_TOLERANCE_SECONDS,
  });
  return isNew ? undefined : 'the proof has been used before';
}

async function verifiedProof(
  { clock }: StoreDeps,
  proof: string,
): Promise<{ claims: JWTPayload; thumbprint: string } | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: PROOF_ALGORITHMS,
      typ: 'dpop+jwt',
      currentDate: clock.now(),
    });
    if (protectedHeader.jwk === undefined) return undefined;
    return { claims: payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk) };
  } catch {
    return undefined;
  }
}

/** Normalised (RFC 9449 section 4.3); what stands before an @ stays, and fits nothing. */
function bareUrl(text: unknown): string | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null) return undefined;
  url.search = '';
  url.hash = '';
  return url.href;
}
