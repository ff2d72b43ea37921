// JWTs that ask to be believed by their own word (RFC 8725 section 3): no signature, the public key as a secret, keys and
// addresses they bring, headers that only some libraries understand.
import { constants, createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Original {
  readonly jwt: string;
  /** What verifies it, as the server publishes or knows it. */
  readonly publicJwk: object;
  /** What signed it, for headers that are wrong although the signature is right. */
  readonly privateKey: KeyObject;
  /** Where nobody may go. */
  readonly canaryUrl: string;
}

type Header = Record<string, unknown>;

const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

export function signedBy(key: KeyObject | Buffer, header: Header | string, payload: string, alg: string): string {
  const input = `${encode(header)}.${payload}`;
  return `${input}.${signatureOf(key, input, alg).toString('base64url')}`;
}

function signatureOf(key: KeyObject | Buffer, input: string, alg: string): Buffer {
  const bits = alg.slice(2);
  if (Buffer.isBuffer(key)) return createHmac(`sha${bits}`, key).update(input).digest();
  if (alg.startsWith('ES')) return sign(`sha${bits}`, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return sign(`sha${bits}`, Buffer.from(input), alg.startsWith('PS') ? { key, ...pss } : key);
}

/** By what is wrong with them. Every one has the claims of the original. */
export function forgedFrom({ jwt, publicJwk, privateKey, canaryUrl }: Original): Readonly<Record<string, string>> {
  const [head = '', payload = '', signature = ''] = jwt.split('.');
  const header = decode(head);
  const alg = String(header['alg']);
  const key = createPublicKey({ key: publicJwk as never, format: 'jwk' });
  const strangers = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const strangersJwk = {
    ...strangers.publicKey.export({ format: 'jwk' }),
    kid: header['kid'],
    use: 'sig',
    alg: 'RS256',
  };
  const unsigned = (changes: Header) => `${encode({ ...header, ...changes })}.${payload}.`;
  const byStranger = (changes: Header) =>
    signedBy(strangers.privateKey, { ...header, alg: 'RS256', ...changes }, payload, 'RS256');
  const byOwner = (changes: Header, as = alg) => signedBy(privateKey, { ...header, alg: as, ...changes }, payload, as);
  const secrets: Record<string, string | Buffer> = {
    'the public key as PEM': key.export({ type: 'spki', format: 'pem' }),
    'the public key as PEM without its last line break': String(key.export({ type: 'spki', format: 'pem' })).trim(),
    'the public key as DER': key.export({ type: 'spki', format: 'der' }),
    'the public key as a JWK': JSON.stringify(publicJwk),
    'the JWK without its names': JSON.stringify(key.export({ format: 'jwk' })),
    'the modulus or coordinate': String((publicJwk as Header)['n'] ?? (publicJwk as Header)['x']),
    'the modulus or coordinate in bytes': Buffer.from(
      String((publicJwk as Header)['n'] ?? (publicJwk as Header)['x']),
      'base64url',
    ),
    'an empty secret': '',
  };
  const hmacs = Object.entries(secrets).flatMap(([what, secret]) =>
    ['HS256', 'HS384', 'HS512'].map((hs) => [
      `${hs} over ${what}`,
      signedBy(Buffer.from(secret), { ...header, alg: hs }, payload, hs),
    ]),
  );
  const otherOfSameKey = alg.startsWith('ES') ? [] : ['PS256', 'RS512', 'PS512'].filter((other) => other !== alg);
  return {
    ...Object.fromEntries(hmacs),
    ...Object.fromEntries(
      ['none', 'nOnE', 'NONE', 'None ', ''].map((none) => [`alg ${none}`, unsigned({ alg: none })]),
    ),
    'no alg': unsigned({ alg: undefined }),
    'alg null': unsigned({ alg: null }),
    'a list of algs': unsigned({ alg: ['none', alg] }),
    'alg none with a signature': `${encode({ ...header, alg: 'none' })}.${payload}.${signature}`,
    'no signature': `${head}.${payload}.`,
    'only two parts': `${head}.${payload}`,
    'a signature of nothing': `${head}.${payload}.AA`,
    'four parts': `${jwt}.x`,
    'a signature of other claims': `${head}.${encode({ ...decode(payload), x: 1 })}.${signature}`,
    ...Object.fromEntries(
      ['RS256', 'PS256', 'ES256', 'RS384', 'EdDSA', 'RS1']
        .filter((other) => other !== alg)
        .map((other) => [`${other} in its header`, `${encode({ ...header, alg: other })}.${payload}.${signature}`]),
    ),
    ...Object.fromEntries(otherOfSameKey.map((other) => [`${other} by the same key`, byOwner({}, other)])),
    'ES256 by a key of its own': signedBy(curve.privateKey, { ...header, alg: 'ES256' }, payload, 'ES256'),
    'another key under the same kid': byStranger({}),
    'another key without a kid': byStranger({ kid: undefined }),
    'a path as kid': byStranger({ kid: '../../../../../../etc/passwd' }),
    'a device as kid, and its content as secret': signedBy(
      Buffer.alloc(0),
      { ...header, alg: 'HS256', kid: '/dev/null' },
      payload,
      'HS256',
    ),
    'SQL as kid': byStranger({ kid: "' or 1=1--" }),
    'SQL that brings a secret as kid': signedBy(
      Buffer.from('x'),
      { ...header, alg: 'HS256', kid: "x' union select 'x" },
      payload,
      'HS256',
    ),
    'an address as kid': byStranger({ kid: canaryUrl }),
    'an object as kid': byStranger({ kid: { $ne: '' } }),
    'its own key': byStranger({ jwk: strangersJwk }),
    'its own key without a kid': byStranger({ jwk: strangersJwk, kid: undefined }),
    'an address of keys': byStranger({ jku: canaryUrl }),
    'an address of keys of ours, nearly': byStranger({ jku: `${canaryUrl}#http://localhost/jwks` }),
    'an address of a certificate': byStranger({ x5u: canaryUrl }),
    'a certificate': byStranger({
      x5c: [strangers.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    }),
    'a critical header that nobody knows': byOwner({ crit: ['http://example.test/x'], 'http://example.test/x': 1 }),
    'a critical header that is absent': byOwner({ crit: ['exp'] }),
    'an empty list of critical headers': byOwner({ crit: [] }),
    'critical headers that are no list': byOwner({ crit: 'b64' }),
    'a payload that is not encoded': signedBy(
      privateKey,
      { ...header, b64: false, crit: ['b64'] },
      JSON.stringify(decode(payload)).replaceAll('.', ' '),
      alg,
    ),
    'a payload that is encoded but says that it is not': byOwner({ b64: false, crit: ['b64'] }),
    'alg twice, first none': signedBy(
      strangers.privateKey,
      JSON.stringify({ ...header, alg: 'none' }).replace('}', ',"alg":"RS256"}'),
      payload,
      'RS256',
    ),
    'alg twice, last none': `${encode(JSON.stringify(header).replace(/}$/, ',"alg":"none"}'))}.${payload}.`,
    'a header of six kilobytes': byStranger({ x: 'x'.repeat(6000) }),
    'a header that is a list': `${encode([header])}.${payload}.${signature}`,
    'a header that is null': `${encode(null)}.${payload}.${signature}`,
    'a header that is no JSON': `${encode('{alg:none}')}.${payload}.${signature}`,
    'a header with a prototype': `${encode(`{"__proto__":{"alg":"none"},"typ":"JWT"}`)}.${payload}.`,
    'five parts': `${encode({ alg: 'dir', enc: 'A256GCM' })}..${payload}.${payload}.${signature}`,
  };
}
