// Lets claims through that the engine has no list of: each app names the claim that it reads roles from.
import type { Provider } from 'oidc-provider';

/** What an account puts here goes into the token or the answer as it is. A symbol: no claim of any other kind is there. */
export const RIGHT_CLAIMS: unique symbol = Symbol('right claims');

interface EngineClaims {
  readonly available: { readonly [RIGHT_CLAIMS]?: Readonly<Record<string, unknown>> };
  result(): Promise<Record<string, unknown>>;
}

/** The engine's own claims win: none of those may be renamed into. */
export function releaseRightClaims(provider: Provider): void {
  const prototype = (provider as unknown as { Claims: { prototype: EngineClaims } }).Claims.prototype;
  const { result } = prototype;
  Object.assign(prototype, {
    async result(this: EngineClaims): Promise<Record<string, unknown>> {
      return { ...this.available[RIGHT_CLAIMS], ...(await result.call(this)) };
    },
  });
}
