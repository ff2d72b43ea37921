// The engine's cookies: signed, HttpOnly, and on https bound to this host by their names (RFC 6265bis section 4.1.3).
import { createHmac } from 'node:crypto';
import type { Configuration } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { deriveKeys, type MasterSecrets } from '../crypto/derived-keys.ts';

/**
 * What koa and the engine sign cookies by and know them again by. The newest key signs; cookies that another one signed are taken, and
 * signed anew. As the Keygrip that they would make of the same keys, in a fifteenth of its time: it compares by two more HMACs.
 */
export function cookieSigner(config: MasterSecrets) {
  const [newest, ...previous] = deriveKeys(config, 'cookies');
  const newestKey = newest.toString('base64url');
  const keys = [newestKey, ...previous.map((key) => key.toString('base64url'))];
  const signedBy = (key: string, text: string) => createHmac('sha1', key).update(text).digest('base64url');
  /** Which key: the newest is 0; -1 for none. */
  const index = (text: string, signature: string) =>
    keys.findIndex((key) => equalInConstantTime(signedBy(key, text), signature));
  return {
    sign: (text: string) => signedBy(newestKey, text),
    index,
    verify: (text: string, signature: string) => index(text, signature) >= 0,
  };
}

const isHttps = (config: Pick<Config, 'issuer'>): boolean => config.issuer.startsWith('https:');

const attributes = (config: Pick<Config, 'issuer'>) =>
  ({ httpOnly: true, sameSite: 'lax', signed: true, secure: isHttps(config), overwrite: true }) as const;

/** __Host- needs Path=/ and so fits the session only; the others belong to one sign-in's path. */
export function sessionCookie(config: Pick<Config, 'issuer'>) {
  return {
    name: `${isHttps(config) ? '__Host-' : ''}gatehouse_session`,
    options: { ...attributes(config), path: '/' },
  } as const;
}

export function cookies(config: Config): NonNullable<Configuration['cookies']> {
  const prefix = isHttps(config) ? '__Secure-' : '';
  const session = sessionCookie(config);
  return {
    keys: cookieSigner(config),
    names: {
      session: session.name,
      interaction: `${prefix}gatehouse_interaction`,
      resume: `${prefix}gatehouse_resume`,
    },
    long: session.options,
    short: attributes(config),
  };
}
