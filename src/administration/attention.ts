// What wants the attention of whoever runs the server: read where it stands, each time it is asked.
import type { ClientRegistry } from '../clients/client.ts';
import type { LiveClients } from '../clients/live/live-clients.ts';
import { SECRET_SOON_DAYS, secretDaysLeft } from '../clients/live/secret-age.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { overdueDays } from '../keys/coming.ts';
import { describeKeys } from '../keys/signing-keys.ts';
import { countGivenUp } from '../logout-notices/logout-notices.ts';
import { countUndelivered } from '../mail/outbox.ts';

export type Attention =
  /** The client files cannot be used; the server runs on with what it has. */
  | { readonly kind: 'clients_outdated'; readonly problems: number; readonly since: Date }
  /** roles.yaml cannot be used; what it said before is in force. */
  | { readonly kind: 'roles_outdated' }
  /** gatehouse.yaml was changed since the start, or cannot be used any more. */
  | { readonly kind: 'restart_needed' | 'server_file_invalid' }
  | { readonly kind: 'secret_expired'; readonly clientId: string }
  | { readonly kind: 'secret_expires'; readonly clientId: string; readonly days: number }
  | { readonly kind: 'mails_given_up'; readonly mails: number }
  | { readonly kind: 'apps_not_told'; readonly notices: number }
  | { readonly kind: 'key_old'; readonly days: number };

/** What one has to be allowed to see to be told. */
export const SEEN_WITH: Readonly<Record<Attention['kind'], ProductPermission>> = {
  clients_outdated: 'clients:read',
  roles_outdated: 'roles:read',
  restart_needed: 'config:read',
  server_file_invalid: 'config:read',
  secret_expired: 'clients:read',
  secret_expires: 'clients:read',
  mails_given_up: 'outbox:read',
  apps_not_told: 'clients:read',
  key_old: 'keys:read',
};

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly live: LiveClients;
  readonly config: Pick<Config, 'keys'>;
}

/** Of what `may` be seen; the gravest first. */
export async function attention(deps: Deps, may: ReadonlySet<ProductPermission>): Promise<readonly Attention[]> {
  const all = [
    ...ofFiles(deps.live),
    ...ofSecrets(deps.live.current(), deps.clock.now()),
    ...(await ofMails(deps.db)),
    ...(await ofNotices(deps.db)),
    ...(await ofKeys(deps)),
  ];
  return all.filter(({ kind }) => may.has(SEEN_WITH[kind]));
}

function ofFiles(live: LiveClients): Attention[] {
  const status = live.status();
  const server = { current: [], needs_restart: ['restart_needed'], invalid: ['server_file_invalid'] } as const;
  return [
    ...(status.clients === 'outdated'
      ? [{ kind: 'clients_outdated', problems: status.problems, since: status.since } as const]
      : []),
    ...(status.roles === 'outdated' ? [{ kind: 'roles_outdated' } as const] : []),
    ...server[status.server].map((kind) => ({ kind })),
  ];
}

const ofSecrets = (clients: ClientRegistry, now: Date): Attention[] =>
  [...clients.values()].flatMap((client): Attention[] => {
    const { clientId } = client;
    const days = secretDaysLeft(client, now);
    if (days === undefined || days >= SECRET_SOON_DAYS) return [];
    return [days <= 0 ? { kind: 'secret_expired', clientId } : { kind: 'secret_expires', clientId, days }];
  });

async function ofMails(db: Db): Promise<Attention[]> {
  const { givenUp } = await countUndelivered(db);
  return givenUp === 0 ? [] : [{ kind: 'mails_given_up', mails: givenUp }];
}

async function ofNotices(db: Db): Promise<Attention[]> {
  const notices = await countGivenUp(db);
  return notices === 0 ? [] : [{ kind: 'apps_not_told', notices }];
}

/** Keys are replaced by themselves: one that should have been says that nobody sees to it. */
async function ofKeys({ db, clock, config }: Deps): Promise<Attention[]> {
  const days = overdueDays(await describeKeys(db), clock.now(), config.keys);
  return days === undefined ? [] : [{ kind: 'key_old', days }];
}
