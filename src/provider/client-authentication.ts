// How clients prove who they are at the token, introspection, revocation and PAR endpoints.
import { type Configuration, errors, type Provider } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import { clientSecretMatches, expiredSecretOf } from '../clients/client-secret.ts';
import { type Clock, epochSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { IdentifierReplayed } from '../protocol-store/adapter.ts';
import { tokenUrl } from './access.ts';
import { remember } from './failures/remembered.ts';

/** Seconds by which another machine's clock may be off in assertions and proofs. */
export const CLOCK_TOLERANCE_SECONDS = 15;

type AssertAssertion = NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']>;

interface AssertionDeps {
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  readonly clock: Clock;
}

/** Secrets are stored as hashes, several at a time; the engine awaits this method and compares nothing itself. */
export function compareHashedSecrets(
  provider: Provider,
  { clients, clock }: { clients: () => ClientRegistry; clock: Clock },
): void {
  Object.assign(provider.Client.prototype, {
    async compareClientSecret(this: { clientId: string }, presented: string): Promise<boolean> {
      const client = clients().get(this.clientId);
      if (client === undefined) return false;
      const matches = clientSecretMatches(client, presented, clock.now());
      if (!matches) remember({ expiredSecret: expiredSecretOf(client, presented, clock.now()) });
      return matches;
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
 * Seconds for which an assertion may be good from now: libraries make them for minutes. Its identifier is remembered that
 * long, and one that leaked out of a log is worth no more.
 */
const LONGEST_ASSERTION_SECONDS = 3600;

/**
 * The audience of a client assertion is the issuer and nothing else (RFC 7523 as tightened after CVE-2025-27370). A
 * client file may allow the token endpoint's URL, for libraries that can send no other; it comes from the issuer too.
 */
export const checkAssertion =
  ({ config, clients, clock }: AssertionDeps): AssertAssertion =>
  async (_ctx, claims, header, client) => {
    // RFC 7519 and RFC 7523 name none that we would understand; the engine takes b64 (RFC 7797), which JWTs must not have.
    if (header['crit'] !== undefined) throw new errors.InvalidClientAuth('crit must not be present');
    const allowed = [config.issuer];
    if (clients().get(client.clientId)?.assertionAudience === 'token_endpoint') allowed.push(tokenUrl(config));
    if (typeof claims['aud'] !== 'string' || !allowed.includes(claims['aud'])) {
      throw new errors.InvalidClientAuth(`aud must be ${allowed.join(' or ')}`);
    }
    const now = epochSeconds(clock.now());
    if (Number(claims['exp']) > now + LONGEST_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS) {
      throw new errors.InvalidClientAuth(`exp must be within ${LONGEST_ASSERTION_SECONDS} seconds from now`);
    }
    // The engine looks at iat only where there is no exp.
    if (claims['iat'] !== undefined && Number(claims['iat']) > now + CLOCK_TOLERANCE_SECONDS) {
      throw new errors.InvalidClientAuth('iat must not be in the future');
    }
  };
