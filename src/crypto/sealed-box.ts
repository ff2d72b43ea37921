// Encrypts what must be read back: TOTP secrets, private keys. What we only compare is hashed instead.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

export interface SealedBox {
  /** `place` names the row the text belongs to (table, column, id); the same text opens nowhere else. */
  seal(plain: string, place: string): string;
  /** @throws SealBroken if the text was changed, moved to another row, or sealed under another master secret. */
  open(sealed: string, place: string): string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor(place: string, options?: ErrorOptions) {
    super(`${place} cannot be opened: the master secret is another one, or the row was changed`, options);
  }
}

/** AES-256-GCM (NIST SP 800-38D) with a random nonce; the place is the associated data. Format: v1.<keyId>.<base64url>. */
export function createSealedBox(key: Buffer): SealedBox {
  const keyId = Buffer.from(hkdfSync('sha256', key, '', 'gatehouse/key-id', 6)).toString('base64url');
  const associatedData = (place: string) => Buffer.from(`${keyId}:${place}`);
  return {
    seal(plain, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(place));
      const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v${VERSION}.${keyId}.${body.toString('base64url')}`;
    },
    open(sealed, place) {
      const body = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(associatedData(place)).setAuthTag(body.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw new SealBroken(place, { cause });
      }
    },
  };
}
