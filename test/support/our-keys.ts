// The keys with which a test server signs, for tokens that are wrong although the signature is right.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { deriveKey } from '../../src/crypto/derived-keys.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { listSigningKeys } from '../../src/keys/signing-keys.ts';
import { signedBy } from './forged-jwts.ts';
import type { TestServer } from './start-server.ts';

/** Start a server with `env: { GATEHOUSE_SECRET: MASTER_SECRET }` to know what its keys are sealed with. */
export const MASTER_SECRET = 'a-master-secret-for-tests-only-with-some-length-4711';

export interface OurKey {
  readonly publicJwk: object;
  readonly privateKey: KeyObject;
  /** A JWT by this key; RS256 unless the header says otherwise. */
  sign(header: { alg?: string; [name: string]: unknown }, claims: Record<string, unknown>): string;
}

export async function ourKey({ issuer, database: { db } }: TestServer): Promise<OurKey> {
  const [key] = await listSigningKeys({ db, box: createSealedBox(deriveKey(MASTER_SECRET, 'sealing')) });
  const privateKey = createPrivateKey({ key: key?.privateJwk as never, format: 'jwk' });
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: Record<string, unknown>[] };
  const publicJwk = keys[0] ?? {};
  return {
    publicJwk,
    privateKey,
    sign: (header, claims) => {
      const whole = { alg: 'RS256', kid: publicJwk['kid'], ...header };
      return signedBy(privateKey, whole, Buffer.from(JSON.stringify(claims)).toString('base64url'), whole.alg);
    },
  };
}
