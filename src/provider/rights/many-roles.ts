// Says when a token has more roles than the operator thinks right: too many of them fill the headers that carry it.
import type { Client } from '../../clients/client.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Rights } from '../../roles/rights.ts';
import { type Occasion, rolesSeen } from './right-claims.ts';

interface Deps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds between two lines about one client. */
const QUIET_MS = 3_600_000;

export type NoteManyRoles = (client: Client, rights: Rights, occasion: Occasion) => void;

/** The token is issued all the same: whoever is cut short cannot know of what. */
export function createManyRolesNote({ config, clock, log }: Deps): NoteManyRoles {
  const lastSaid = new Map<string, number>();
  return (client, rights, occasion) => {
    const { clientId } = client;
    const most = config.tokens.mostRoles;
    const roles = rolesSeen(client, rights, occasion).length;
    const now = clock.now().getTime();
    if (roles <= most || now - (lastSaid.get(clientId) ?? 0) < QUIET_MS) return;
    lastSaid.set(clientId, now);
    log.warn({ event: 'roles.too_many', clientId, roles, most });
  };
}
