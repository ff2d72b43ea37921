// What the engine came across on its way and does not tell with its error: the code that was found, the secret that fit once.
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { PresentedToken } from '../../explanations/failed-request.ts';

interface Remembered {
  token?: PresentedToken | undefined;
  /** Whose the code or refresh token is. */
  accountId?: string | undefined;
  expiredSecret?: Date | undefined;
}

const remembered = new WeakMap<object, Remembered>();

export const rememberedOf = (ctx: KoaContextWithOIDC): Readonly<Remembered> => remembered.get(ctx) ?? {};

/** For the request that is being answered; without one (checks at the start) there is nothing to remember for. */
export function remember(what: Remembered): void {
  const ctx = Provider.ctx;
  if (ctx !== undefined) remembered.set(ctx, { ...remembered.get(ctx), ...what });
}

interface Found {
  readonly clientId?: string;
  readonly accountId?: string;
  readonly exp?: number;
  readonly redirectUri?: string;
}

/** Whose a code or refresh token is, and until when it was good. Its value is not touched. */
export function rememberPresentedTokens(provider: Provider): void {
  for (const model of [provider.AuthorizationCode, provider.RefreshToken]) {
    const find = model.find.bind(model) as (...args: unknown[]) => Promise<Found | undefined>;
    Object.assign(model, {
      async find(...args: unknown[]): Promise<Found | undefined> {
        const found = await find(...args);
        if (found !== undefined) {
          const { clientId, accountId, exp: expiresAt, redirectUri } = found;
          remember({ accountId, token: { clientId, expiresAt, redirectUri } });
        }
        return found;
      },
    });
  }
}
