// What a person sees when a request is so wrong that it cannot be answered at the app.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { explain } from '../explanations/explanation.ts';
import type { Facts } from '../explanations/facts.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import type { Failure } from '../http/state.ts';
import { type FailureDeps, noteFailure } from './failures/note-failure.ts';
import { sayExplanation } from './failures/say-explanation.ts';
import { clientHeading, wayBack } from './headings.ts';

interface ErrorOut {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
}

export const errorPage =
  (deps: FailureDeps) =>
  async (ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): Promise<void> => {
    const { status } = ctx;
    ctx.state['uiLocales'] = ctx.oidc.params?.['ui_locales'];
    const t = textsFor(ctx);
    const client = ctx.oidc.client === undefined ? undefined : deps.clients().get(ctx.oidc.client.clientId);
    const facts = noteFailure(deps, ctx, error);
    const reference = referenceOf(ctx);
    const common = {
      reference,
      explanation: deps.config.mode === 'development' ? explained(deps, ctx, facts) : undefined,
      client: client === undefined ? undefined : clientHeading(client),
      back: wayBack(client),
    };
    if (error instanceof errors.SessionNotFound) {
      await renderPage(ctx, 'interactions/expired', { title: t('expired.title'), ...common, client: undefined });
    } else {
      await renderPage(ctx, 'errors/protocol', {
        title: t('protocol.title'),
        error: out.error ?? 'server_error',
        description: out.error_description ?? '',
        requestId: ctx.state['requestId'],
        ...common,
      });
    }
    ctx.status = status;
  };

/** For whoever develops the app. In production the operator asks by the reference: nobody else is shown what is registered. */
function explained({ clients }: FailureDeps, ctx: KoaContextWithOIDC, facts: Facts) {
  const { clientId } = ctx.state['failure'] as Failure;
  const explanation = explain(facts, { clientId, clients: clients() });
  return { ...explanation, said: sayExplanation(textsFor(ctx), explanation) };
}
