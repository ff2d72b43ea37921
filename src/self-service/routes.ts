// The sitemap of mailed links. Who may do what they offer is decided by the token, in the room that sent it.
import type { Route } from '../http/route.ts';
import type { SelfServiceDeps } from './deps.ts';

export const selfServiceRoutes = (_deps: SelfServiceDeps): readonly Route[] => [];
