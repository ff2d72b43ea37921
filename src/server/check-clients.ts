// Every client goes through the engine's own validation before a port is opened, not at somebody's first sign-in.
import type { ClientMetadata, Provider } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import { toClientMetadata } from '../clients/client-metadata.ts';
import { ConfigurationInvalid, type Problem } from '../config/problem.ts';

/** @throws ConfigurationInvalid with a problem for each client that the engine refuses */
export async function checkClientsWithEngine(provider: Provider, clients: ClientRegistry): Promise<void> {
  const problems: Problem[] = [];
  for (const client of clients.values()) {
    try {
      await provider.Client.validate(toClientMetadata(client) as unknown as ClientMetadata);
    } catch (error) {
      const { error_description: description } = error as { error_description?: string };
      const message = description ?? (error instanceof Error ? error.message : String(error));
      problems.push({ ...client.source, path: '', message: `the protocol engine refuses this client: ${message}` });
    }
  }
  if (problems.length > 0) throw new ConfigurationInvalid(problems);
}
