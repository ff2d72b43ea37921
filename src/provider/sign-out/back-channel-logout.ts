// OpenID Connect Back-Channel Logout 1.0: the engine decides who is to be told and signs; telling is the outbox's.
import { Provider } from 'oidc-provider';
import { epochSeconds } from '../../clock.ts';
import { type NewNotice, type Notice, type NoticeDeps, writeNotices } from '../../logout-notices/logout-notices.ts';

/** Section 2.4 */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * The engine would call every app itself, and let the person wait. Ending a session writes the notices down
 * (sessions/end-session.ts); what is left for here is signing out of one app while the session goes on.
 */
export function tellAppsByOutbox(provider: Provider, deps: NoticeDeps): void {
  Object.assign(provider.Client.prototype, {
    async backchannelLogout(this: { clientId: string }, accountId: string, sid: string): Promise<void> {
      if (Provider.ctx?.oidc.params?.['logout'] !== undefined) return;
      const notice: NewNotice = { clientId: this.clientId, accountId, sid, ended: 'session' };
      await writeNotices(deps, [notice]);
    },
  });
}

/** The engine's class for signed claims; its types leave out which claims it passes on. */
type LogoutToken = InstanceType<Provider['IdToken']> & { mask: Record<string, null> };

/**
 * `iss`, `aud`, `iat`, `exp` (two minutes) and `typ` are the engine's; never a `nonce`. `toe`, when the session or all of the account
 * ended (RFC 8417 section 2.2), is the same however late the app is told: what began after that goes on.
 */
export const logoutTokens =
  (provider: () => Provider) =>
  async ({ id, clientId, accountId, sid, endedAt }: Notice): Promise<string> => {
    const engine = provider();
    const client = await engine.Client.find(clientId);
    if (client === undefined) throw new Error('there is no file for this client');
    const token = new engine.IdToken({ sub: accountId }, { client }) as LogoutToken;
    token.mask = { sub: null };
    token.set('events', { [LOGOUT_EVENT]: {} });
    token.set('jti', id);
    token.set('toe', epochSeconds(endedAt));
    if (sid !== undefined) token.set('sid', sid);
    return token.issue({ use: 'logout' });
  };
