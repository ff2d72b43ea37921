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

/** The secret that everything new is made with, and those that are accepted besides. */
export interface MasterSecrets {
  readonly masterSecret: string;
  readonly previousSecrets: readonly string[];
}

/** 32 bytes of a secret for one purpose (HKDF-SHA-256, RFC 5869): knowing one key tells nothing about another. */
export const deriveKey = (secret: string, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'gatehouse', `gatehouse/${purpose}/1`, 32));

/** One for each secret, the newest first. */
export const deriveKeys = (
  { masterSecret, previousSecrets }: MasterSecrets,
  purpose: KeyPurpose,
): readonly [Buffer, ...Buffer[]] => [
  deriveKey(masterSecret, purpose),
  ...previousSecrets.map((secret) => deriveKey(secret, purpose)),
];
