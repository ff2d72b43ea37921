// An id_token_hint is an ID token. Our key signs other JWTs for the same client too (logout tokens), told apart by their type
// only (RFC 8725 section 3.11).
import { decodeProtectedHeader } from 'jose';
import type Provider from 'oidc-provider';

interface Validates {
  validate(jwt: string, client: unknown): Promise<unknown>;
}

/** The engine looks at issuer, audience and signature; what is thrown here it answers as it answers a wrong one of those. */
export function admitIdTokensOnly(provider: Provider): void {
  const idTokens = provider.IdToken as unknown as Validates;
  const validate = idTokens.validate.bind(idTokens);
  Object.assign(idTokens, {
    async validate(jwt: string, client: unknown) {
      const { typ, crit } = decodeProtectedHeader(jwt);
      if (typ !== undefined && typ.toLowerCase() !== 'jwt') throw new Error(`a ${typ} is no ID token`);
      if (crit !== undefined) throw new Error('an ID token has no critical headers');
      return validate(jwt, client);
    },
  });
}
