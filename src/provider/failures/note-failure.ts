// What the engine refused, noted in plain values for the explanation: never a token, code, secret, state or hint.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import '../../http/state.ts';

/** Characters. What is said about one error is a few lines; what a caller sent may be any length. */
const LONGEST = 300;

/** The last one counts: where the engine finds a second fault on its way out, that is the one it answers with. */
export function noteFailure(ctx: KoaContextWithOIDC, error: Error): void {
  const {
    error: code,
    error_description: description,
    error_detail: detail,
  } = error as Error & Record<string, unknown>;
  const clientId = ctx.oidc?.client?.clientId;
  ctx.state['failure'] = {
    kind: error instanceof errors.OIDCProviderError && error.status < 500 ? 'other' : 'defect',
    clientId,
    details: {
      endpoint: ctx.oidc?.route,
      error: text(code),
      description: text(description),
      detail: text(detail),
    },
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, LONGEST) : undefined);
