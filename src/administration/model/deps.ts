// What the verbs about roles, groups and permissions are given.
import type { ClientRegistry } from '../../clients/client.ts';
import { isBuiltIn } from '../../clients/live/built-in.ts';
import type { Config } from '../../config/config.ts';
import type { AdministrationDeps } from '../administrator.ts';
import type { Problem } from '../outcomes.ts';

/** With the configuration, which says which APIs and apps there are. */
export interface ModelDeps extends AdministrationDeps {
  readonly config: Pick<Config, 'resources'>;
  readonly clients: () => ClientRegistry;
}

interface Scope {
  readonly clientId?: string | null | undefined;
  readonly resource?: string | null | undefined;
}

/** Whether what a role belongs to is there. */
export function scopeProblems({ config, clients }: ModelDeps, { clientId, resource }: Scope): readonly Problem[] {
  const key = 'administration.problem.no_such_resource' as const;
  return [
    ...(clientId && !isApp(clients(), clientId) ? [{ field: 'client_id', key, values: { name: clientId } }] : []),
    ...(resource && !config.resources.has(resource) ? [{ field: 'resource', key, values: { name: resource } }] : []),
  ];
}

/** Permissions belong to an API, or to an app that is its own. */
export const hasPermissions = ({ config, clients }: ModelDeps, resource: string): boolean =>
  config.resources.has(resource) || isApp(clients(), resource);

/** Not what signs people in at our own pages. */
const isApp = (clients: ClientRegistry, clientId: string): boolean => clients.has(clientId) && !isBuiltIn(clientId);
