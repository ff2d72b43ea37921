// How authorization answers travel: in the query or by a form post. A code has no business in the fragment (RFC 9700 section
// 2.1.2), which the engine would offer to everybody.
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';

export const RESPONSE_MODES = ['query', 'form_post'] as const;

/** The engine knows no setting for this: it asks its client model, and writes a fixed list into the metadata. */
export function limitResponseModes(provider: Provider): void {
  Object.assign(provider.Client.prototype, {
    responseModeAllowed(mode: string | undefined, responseType: unknown): boolean {
      if (mode === undefined || RESPONSE_MODES.some((allowed) => allowed === mode)) return true;
      // `token` and the like have the fragment for a default; that they are refused for what they are comes next.
      if (responseType !== 'code' && responseType !== 'none') return true;
      const params = Provider.ctx?.oidc.params;
      // Or the error itself would be sent in the mode that was refused.
      if (params !== undefined) params['response_mode'] = undefined;
      throw new errors.UnsupportedResponseMode();
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    if ((ctx as Partial<KoaContextWithOIDC>).oidc?.route === 'discovery') {
      (ctx.body as Record<string, unknown>)['response_modes_supported'] = [...RESPONSE_MODES];
    }
  });
}
