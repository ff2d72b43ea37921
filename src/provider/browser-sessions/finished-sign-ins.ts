// The request in which a sign-in becomes a session: the engine goes on from the interaction that its pages have finished.
import { Provider } from 'oidc-provider';
import type { Resuming } from '../../protocol-store/adapter.ts';

export function resuming(): Resuming | undefined {
  const { ctx } = Provider;
  if (ctx?.oidc.route !== 'resume') return undefined;
  // By the time the session is saved it may be another interaction, which asks for more.
  return { request: ctx, signsIn: ctx.oidc.entities.Interaction?.result?.['login'] !== undefined };
}
