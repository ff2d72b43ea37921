// The public keys of a client that signs its assertions (RFC 7517, RFC 7523).
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';

const REQUIRED_MEMBERS = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] } as const;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const publicKey = z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) }).superRefine((key, context) => {
  for (const member of PRIVATE_MEMBERS) {
    if (member in key) {
      context.addIssue({
        code: 'custom',
        path: [member],
        message: 'is part of a private key; state the public key only',
      });
    }
  }
  const missing = REQUIRED_MEMBERS[key.kty].filter((member) => typeof key[member] !== 'string');
  if (missing.length > 0) {
    context.addIssue({ code: 'custom', message: `is not an ${key.kty} key: ${missing.join(', ')} missing` });
  } else if (!PRIVATE_MEMBERS.some((member) => member in key) && !isUsable(key)) {
    context.addIssue({ code: 'custom', message: `is no ${key.kty} key that a signature could be checked with` });
  }
});

/** Bits. RFC 7518 section 3.3 asks for 2048 at least. */
const SHORTEST_RSA_KEY = 2048;

function isUsable(key: Record<string, unknown>): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key, format: 'jwk' });
    return key['kty'] !== 'RSA' || (asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_RSA_KEY;
  } catch {
    return false;
  }
}

export const jwks = z.strictObject({ keys: z.array(publicKey).min(1).describe('RFC 7517; public parts only.') });
