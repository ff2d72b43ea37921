// Encrypts what must be read back: TOTP secrets, private keys. What we only compare is hashed instead.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { deriveKeys, type MasterSecrets } from './derived-keys.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

export interface SealedBox {
  /** `place` names the row the text belongs to (table, column, id); the same text opens nowhere else. */
  seal(plain: string, place: string): string;
  /** @throws SealBroken if the text was changed, moved to another row, or sealed under a master secret that is not accepted. */
  open(sealed: string, place: string): string;
  /** What begins everything that it seals, and nothing that was sealed under another secret. */
  readonly mark: string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor(place: string, options?: ErrorOptions) {
    super(`${place} cannot be opened: the master secret is another one, or the row was changed`, options);
  }
}

interface BoxKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce; the place is the associated data. Format: v1.<keyId>.<base64url>.
 * Seals with the first key, opens with whichever of them the text names.
 */
export function createSealedBox(newest: Buffer, ...previous: readonly Buffer[]): SealedBox {
  const current = boxKey(newest);
  const keys = new Map([...previous.map(boxKey), current].map((each) => [each.id, each]));
  const mark = `v${VERSION}.${current.id}.`;
  return {
    mark,
    seal(plain, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(associatedData(current, place));
      const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return mark + body.toString('base64url');
    },
    open(sealed, place) {
      const [, id = '', text = ''] = sealed.split('.');
      try {
        return opened(keys.get(id) ?? current, Buffer.from(text, 'base64url'), place);
      } catch (cause) {
        throw new SealBroken(place, { cause });
      }
    },
  };
}

/** For everything that the server seals. */
export const sealedBoxOf = (secrets: MasterSecrets): SealedBox => createSealedBox(...deriveKeys(secrets, 'sealing'));

const boxKey = (key: Buffer): BoxKey => ({
  id: Buffer.from(hkdfSync('sha256', key, '', 'gatehouse/key-id', 6)).toString('base64url'),
  key,
});

const associatedData = ({ id }: BoxKey, place: string): Buffer => Buffer.from(`${id}:${place}`);

function opened(boxKey: BoxKey, body: Buffer, place: string): string {
  const nonce = body.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', boxKey.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(boxKey, place)).setAuthTag(body.subarray(-TAG_BYTES));
  const plain = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([plain, decipher.final()]).toString('utf8');
}
