// Every key the server needs besides its signing keys comes out of the one master secret.
import { hkdfSync } from 'node:crypto';

export type KeyPurpose = 'cookies' | 'csrf' | 'sealing' | 'dpop-nonce';

/** 32 bytes for one purpose (HKDF-SHA-256, RFC 5869): knowing one key tells nothing about another. */
export const deriveKey = (masterSecret: string, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync('sha256', masterSecret, 'gatehouse', `gatehouse/${purpose}/1`, 32));
