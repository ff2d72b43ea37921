// The line of a client file that would allow what was refused, where allowing it is a way to mend it.
import type { Client } from '../clients/client.ts';
import { API_PATH } from '../config/roles/product-api.ts';
import { PRODUCT_RESOURCE } from '../config/roles/product-permissions.ts';
import type { Facts } from './facts.ts';

/** Undefined where the app has to change, or where what came was not kept whole. */
export function suggestedYaml({ case: what, received = '' }: Facts, client: Client): string | undefined {
  if (received === '' || /\*\*\*|…$|[\p{Cc}\p{Cf}]/u.test(received)) return undefined;
  switch (what) {
    case 'redirect_uri.unregistered':
      return isRegistrable(received) ? list('redirect_uris', [...client.redirectUris, received]) : undefined;
    case 'post_logout_redirect_uri.unregistered':
      return isRegistrable(received)
        ? list('post_logout_redirect_uris', [...client.postLogoutRedirectUris, received])
        : undefined;
    case 'scope.not_allowed':
      return `scope: ${[...new Set([...client.scopes, ...received.split(' ')])].join(' ')}`;
    case 'resource.not_allowed':
      if (isProduct(received) && client.preset !== 'service') return undefined;
      return `resources:\n${[...client.resources, [nameInFiles(received), []] as const]
        .map(
          ([audience, scopes]) =>
            `  ${JSON.stringify(audience)}: [${scopes.map((scope) => JSON.stringify(scope)).join(', ')}]`,
        )
        .join('\n')}`;
    case 'grant_type.not_allowed':
      return `grant_types: [${[...new Set([...client.grantTypes, received])].join(', ')}]`;
    case 'authentication.method':
      return `token_endpoint_auth_method: ${received}`;
    default:
      return undefined;
  }
}

const list = (key: string, values: readonly string[]): string =>
  `${key}:\n${[...new Set(values)].map((value) => `  - ${JSON.stringify(value)}`).join('\n')}`;

/** A blank at an end is a slip of the app; a file would not take it either. */
const isRegistrable = (address: string): boolean => URL.canParse(address) && !/\s|#/.test(address);

/** The API of this server is called the same at every issuer. */
const nameInFiles = (audience: string): string => (isProduct(audience) ? PRODUCT_RESOURCE : audience);

const isProduct = (audience: string): boolean => audience.endsWith(API_PATH);
