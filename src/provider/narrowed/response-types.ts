// `response_type=none` (OAuth 2.0 Multiple Response Type Encoding Practices 1.0 section 4) signs people in to our own pages:
// they look at the session itself, and need neither code nor token. No app has it.
import { errors, type Provider } from 'oidc-provider';

export const RESPONSE_TYPES = ['code', 'none'] as const;

/** What apps are told that there is. */
const OFFERED = ['code'];

/** The engine would say of a known type that this client may not have it; to apps it is as unknown as any other. */
export function keepResponseTypeNone(provider: Provider): void {
  const isAllowed = provider.Client.prototype.responseTypeAllowed;
  Object.assign(provider.Client.prototype, {
    responseTypeAllowed(this: InstanceType<Provider['Client']>, type: string): boolean {
      const allowed = isAllowed.call(this, type as Parameters<typeof isAllowed>[0]);
      if (!allowed && type === 'none') throw new errors.UnsupportedResponseType();
      return allowed;
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    if ((ctx as { oidc?: { route?: string } }).oidc?.route === 'discovery') {
      (ctx.body as Record<string, unknown>)['response_types_supported'] = [...OFFERED];
    }
  });
}
