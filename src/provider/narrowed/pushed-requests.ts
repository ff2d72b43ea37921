// Pushed authorization requests (RFC 9126) are found by the whole of their request_uri.
import Provider from 'oidc-provider';

const PREFIX = 'urn:ietf:params:oauth:request_uri:';

/** The engine divides the address at its prefix and takes the first piece: what follows a second one would not count. */
export function findPushedRequestsExactly(provider: Provider): void {
  const find = provider.PushedAuthorizationRequest.find.bind(provider.PushedAuthorizationRequest);
  Object.assign(provider.PushedAuthorizationRequest, {
    async find(id: string, ...options: never[]) {
      const { route, params } = Provider.ctx?.oidc ?? {};
      const isAsked = route === 'authorization' && params?.['request_uri'] !== undefined;
      if (isAsked && params['request_uri'] !== PREFIX + id) return undefined;
      return find(id, ...options);
    },
  });
}
