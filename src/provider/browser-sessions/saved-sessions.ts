// When the engine saves a session, the request that it answers tells from where the session is used.
import { Provider } from 'oidc-provider';
import { sourceOf } from '../../http/request-source.ts';
import { noteSavedSession } from '../../sessions/begin-session.ts';
import type { ProviderDeps } from '../provider.ts';

export const noteSavedSessions =
  ({ db, clock, config }: ProviderDeps) =>
  async (session: { uid: string; accountId: string; expiresInSeconds: number }): Promise<void> => {
    const { ctx } = Provider;
    const source = ctx === undefined ? undefined : sourceOf(ctx);
    await noteSavedSession({ db, clock, limits: config.sessions }, { ...session, source });
  };
