// Errors that go back to the app carry their reference, whichever way they go (query, fragment, form_post).
import { Provider } from 'oidc-provider';
import { referenceOf, withReference } from '../../http/reference.ts';

type RegisterResponseMode = Provider['registerResponseMode'];
type ResponseMode = Parameters<RegisterResponseMode>[1];

/**
 * A response mode can be registered once, and the engine registers its own while it is built: the one moment at which
 * what they send can be changed before it becomes an address or a form.
 */
export class ReferringProvider extends Provider {
  override registerResponseMode(name: string, mode: ResponseMode): ReturnType<RegisterResponseMode> {
    const send = mode.bind(this);
    return super.registerResponseMode(name, (ctx, redirectUri, payload) => {
      const { error, error_description: description } = payload as Record<string, unknown>;
      if (error === undefined) return send(ctx, redirectUri, payload);
      const said = withReference(typeof description === 'string' ? description : undefined, referenceOf(ctx));
      return send(ctx, redirectUri, { ...payload, error_description: said });
    });
  }
}
