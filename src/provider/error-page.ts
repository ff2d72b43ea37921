// What a person sees when a request is so wrong that it cannot be answered at the app.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientRegistry } from '../clients/client.ts';
import { renderPage, textsFor } from '../http/page.ts';
import { referenceOf } from '../http/reference.ts';
import { noteFailure } from './failures/note-failure.ts';
import { clientHeading, wayBack } from './headings.ts';

interface ErrorOut {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
}

export const errorPage =
  (clients: () => ClientRegistry) =>
  async (ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): Promise<void> => {
    const { status } = ctx;
    ctx.state['uiLocales'] = ctx.oidc.params?.['ui_locales'];
    const t = textsFor(ctx);
    const client = ctx.oidc.client === undefined ? undefined : clients().get(ctx.oidc.client.clientId);
    noteFailure(ctx, error);
    const reference = referenceOf(ctx);
    const common = {
      reference,
      client: client === undefined ? undefined : clientHeading(client),
      back: wayBack(client),
    };
    if (error instanceof errors.SessionNotFound) {
      await renderPage(ctx, 'interactions/expired', { title: t('expired.title'), back: common.back, reference });
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
