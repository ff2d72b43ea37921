// How clients prove who they are at the token, introspection, revocation and PAR endpoints.
import { type Configuration, errors, type Provider } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import { clientSecretMatches } from '../clients/client-secret.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { IdentifierReplayed } from '../protocol-store/adapter.ts';
import { tokenUrl } from './access.ts';

type AssertAssertion = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

/** Secrets are stored as hashes, several at a time; the engine awaits this method and compares nothing itself. */
export function compareHashedSecrets(
  provider: Provider,
  { clients, clock }: { clients: () => ClientRegistry; clock: Clock },
): void {
  Object.assign(provider.Client.prototype, {
    async compareClientSecret(this: { clientId: string }, presented: string): Promise<boolean> {
      const client = clients().get(this.clientId);
      return client !== undefined && clientSecretMatches(client, presented, clock.now());
    },
  });
}

/** The engine looks for an earlier use and then stores this one; our store does both in one statement. */
export function detectReplaysAtomically(provider: Provider): void {
  const original = provider.ReplayDetection.unique.bind(provider.ReplayDetection);
  Object.assign(provider.ReplayDetection, {
    async unique(issuer: string, jti: string, expires: number): Promise<boolean> {
      try {
        return await original(issuer, jti, expires);
      } catch (error) {
        if (error instanceof IdentifierReplayed) return false;
        throw error;
      }
    },
  });
}

/**
 * The audience of a client assertion is the issuer and nothing else (RFC 7523 as tightened after CVE-2025-27370). A
 * client file may allow the token endpoint's URL, for libraries that can send no other; it comes from the issuer too.
 */
export const checkAssertionAudience =
  ({ config, clients }: { config: Config; clients: () => ClientRegistry }): AssertAssertion =>
  async (_ctx, claims, _header, client) => {
    const allowed = [config.issuer];
    if (clients().get(client.clientId)?.assertionAudience === 'token_endpoint') allowed.push(tokenUrl(config));
    if (typeof claims['aud'] !== 'string' || !allowed.includes(claims['aud'])) {
      throw new errors.InvalidClientAuth(`aud must be ${allowed.join(' or ')}`);
    }
  };
