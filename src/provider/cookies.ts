// The engine's cookies: signed, HttpOnly, and on https bound to this host by their names (RFC 6265bis section 4.1.3).
import type { Configuration } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import { deriveKeys, type MasterSecrets } from '../crypto/derived-keys.ts';

/** The first signs; cookies that another one signed are taken, and signed anew. */
export const cookieKeys = (config: MasterSecrets): string[] =>
  deriveKeys(config, 'cookies').map((key) => key.toString('base64url'));

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
    keys: cookieKeys(config),
    names: {
      session: session.name,
      interaction: `${prefix}gatehouse_interaction`,
      resume: `${prefix}gatehouse_resume`,
    },
    long: session.options,
    short: attributes(config),
  };
}
