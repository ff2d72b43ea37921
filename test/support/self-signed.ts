// A key and a certificate for localhost that nobody has signed but itself (RFC 5280), for servers that tests start with TLS.
import { generateKeyPairSync, sign } from 'node:crypto';

export interface SelfSigned {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

export function selfSigned(): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = sequence(
    part(0xa0, part(INTEGER, Buffer.of(2))),
    part(INTEGER, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    LOCALHOST,
    sequence(part(TIME, Buffer.from('20200101000000Z')), part(TIME, Buffer.from('21200101000000Z'))),
    LOCALHOST,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = part(BIT_STRING, Buffer.concat([Buffer.of(0), sign('sha256', body, privateKey)]));
  const base64 = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  };
}

const [INTEGER, BIT_STRING, OBJECT, UTF8, TIME, SEQUENCE, SET] = [0x02, 0x03, 0x06, 0x0c, 0x18, 0x30, 0x31] as const;

/** In DER; nothing here is longer than 65,535 bytes. */
function part(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const stated = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...stated), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return part(SEQUENCE, Buffer.concat(parts));
}

/** 1.2.840.10045.4.3.2, and commonName, 2.5.4.3. */
const ECDSA_WITH_SHA256 = sequence(part(OBJECT, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = part(OBJECT, Buffer.from('550403', 'hex'));
const LOCALHOST = sequence(part(SET, sequence(COMMON_NAME, part(UTF8, Buffer.from('localhost')))));
