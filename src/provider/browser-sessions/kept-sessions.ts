// "Keep me signed in", as the last sign-in answered it. Without it the cookie ends with the browser.
import type { Provider } from 'oidc-provider';

/** The engine marks a session whose cookie must not last, and never takes the mark back at a later sign-in. */
export function keepSessionsAsAsked(provider: Provider): void {
  const login = provider.Session.prototype.loginAccount;
  Object.assign(provider.Session.prototype, {
    loginAccount(this: InstanceType<typeof provider.Session>, details: Parameters<typeof login>[0]): void {
      delete this.transient;
      login.call(this, details);
    },
  });
}
