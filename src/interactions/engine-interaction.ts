// Opens the interaction that belongs to a request: found by the browser's cookie, and only under its own address.
import type Koa from 'koa';
import { errors, type Provider } from 'oidc-provider';
import type { Client, ClientRegistry } from '../clients/client.ts';
import { deviceTokenOf } from '../http/device-cookie.ts';
import type { RequestedParams } from '../provider/access.ts';
import { type SignInStage, stageOf } from './sign-in-stage.ts';

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** A sign-in in progress, as the pages see it. */
export interface SignIn {
  readonly uid: string;
  readonly interaction: Interaction;
  readonly client: Client;
  readonly params: RequestedParams & Readonly<Record<string, unknown>>;
  readonly stage: SignInStage;
  /** The account of the browser's session, if one was signed in when the request came. */
  readonly sessionAccountId: string | undefined;
  /** What the cookie says by which the browser is known again. */
  readonly deviceToken: string | undefined;
}

/** Undefined if it has expired, was finished, belongs to another browser, or its client is gone. */
export async function openSignIn(
  { provider, clients }: { provider: () => Provider; clients: () => ClientRegistry },
  ctx: Koa.Context,
): Promise<SignIn | undefined> {
  const interaction = await findInteraction(provider(), ctx);
  const client = clients().get(String(interaction?.params['client_id']));
  // The engine looks at the cookie only; a cookie of one sign-in must not work under the address of another.
  if (interaction === undefined || client === undefined || interaction.uid !== ctx['params'].uid) return undefined;
  return {
    uid: interaction.uid,
    interaction,
    client,
    params: interaction.params,
    stage: stageOf(interaction),
    sessionAccountId: interaction.session?.accountId,
    deviceToken: deviceTokenOf(ctx),
  };
}

async function findInteraction(provider: Provider, ctx: Koa.Context): Promise<Interaction | undefined> {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}
