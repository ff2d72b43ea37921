// How a client and an account are named on our pages.
import type { Account } from '../accounts/account.ts';
import type { Client } from '../clients/client.ts';

export interface ClientHeading {
  readonly name: string;
  readonly logoUrl?: string;
  readonly uri?: string;
  readonly policyUri?: string;
  readonly tosUri?: string;
}

export const clientHeading = (client: Client): ClientHeading => ({
  name: client.clientName,
  ...(client.logoFile === undefined ? {} : { logoUrl: `/client-logo/${encodeURIComponent(client.clientId)}` }),
  ...(client.clientUri === undefined ? {} : { uri: client.clientUri }),
  ...(client.policyUri === undefined ? {} : { policyUri: client.policyUri }),
  ...(client.tosUri === undefined ? {} : { tosUri: client.tosUri }),
});

export const accountHeading = (account: Account): { label: string; name?: string } => ({
  label: account.email,
  ...(account.displayName === undefined ? {} : { name: account.displayName }),
});

/** Where a person can go when an app's request is gone: only ever an address from the client's file. */
export function wayBack(client: Client | undefined): { href: string; app: string } | undefined {
  const firstWebRedirect = client?.redirectUris.find((uri) => /^https?:/.test(uri));
  const href = client?.clientUri ?? (firstWebRedirect === undefined ? undefined : new URL(firstWebRedirect).origin);
  return client === undefined || href === undefined ? undefined : { href, app: client.clientName };
}
