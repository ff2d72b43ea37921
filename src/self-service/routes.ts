// The sitemap of mailed links. Who may do what they offer is decided by the token, in the room that sent it.
import type { Route } from '../http/route.ts';
import { credentialRoutes } from './credential-routes.ts';
import type { SelfServiceDeps } from './deps.ts';

export const selfServiceRoutes = (deps: SelfServiceDeps): readonly Route[] => [...credentialRoutes(deps)];
