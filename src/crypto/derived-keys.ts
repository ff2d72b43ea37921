// Keys out of secrets: every key the server needs besides its signing keys comes from the one master secret.
import { hkdfSync } from 'node:crypto';

export type KeyPurpose =
  | 'cookies'
  | 'csrf'
  | 'sealing'
  | 'dpop-nonce'
  | 'pushed-request'
  | 'fingerprints'
  | 'mailed-codes';

/** 32 bytes of a secret for one purpose (HKDF-SHA-256, RFC 5869): knowing one key tells nothing about another. */
export const deriveKey = (secret: string, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'gatehouse', `gatehouse/${purpose}/1`, 32));
