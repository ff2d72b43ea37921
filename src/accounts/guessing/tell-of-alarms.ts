// Stolen passwords are being tried, from one network or from many: whoever runs the server is told, wherever it was noticed.
import { recordEvent, type Source } from '../../audit/audit-log.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import type { Consequences } from '../../limits/sign-in-attempt.ts';
import type { Logger } from '../../observability/logger.ts';

interface Deps {
  readonly config: Pick<Config, 'limits'>;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `network`: /24 or /64, as text. */
export async function tellOfAlarms(
  deps: Deps,
  { networkBlocked, alarm, network, source }: Consequences & { readonly network: string; readonly source: Source },
): Promise<void> {
  const { networkAccounts, networkBlockSeconds, alarmFailures, alarmWindowSeconds } = deps.config.limits;
  if (networkBlocked) {
    const details = { network, accounts: networkAccounts, seconds: networkBlockSeconds };
    deps.log.error({ event: 'sign_in.network_blocked', ...details });
    await recordEvent(deps, { event: 'sign_in.blocked_network', source, outcome: 'failure', details });
  }
  if (alarm) {
    const details = { failures: alarmFailures, seconds: alarmWindowSeconds };
    deps.log.error({ event: 'sign_in.many_failures', ...details });
    await recordEvent(deps, { event: 'sign_in.many_failures', source, outcome: 'failure', details });
  }
}
