// What the engine refused becomes facts, kept under the reference of the request.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../../clients/client.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { scopesServed } from '../../config/scopes.ts';
import { diagnose } from '../../explanations/diagnose.ts';
import type { Facts } from '../../explanations/facts.ts';
import '../../http/state.ts';
import { readFailedRequest } from './read-request.ts';

export interface FailureDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly clients: () => ClientRegistry;
}

/** The last one counts: where the engine finds a second fault on its way out, that is the one it answers with. */
export function noteFailure({ config, clock, clients }: FailureDeps, ctx: KoaContextWithOIDC, error: Error): Facts {
  const request = readFailedRequest(ctx, error);
  const known = {
    issuer: config.issuer,
    clients: clients(),
    audiences: [...config.resources.keys(), config.api.audience],
    scopes: scopesServed(config.attributes),
    now: clock.now(),
  };
  const isDefect = !(error instanceof errors.OIDCProviderError) || error.status >= 500;
  const facts: Facts = isDefect ? { case: 'defect', endpoint: request.endpoint } : diagnose(request, known);
  ctx.state['failure'] = {
    kind: facts.case,
    clientId: known.clients.get(request.clientId ?? '')?.clientId,
    details: facts,
  };
  return facts;
}
