// Stolen passwords are being tried, from one network or from many: whoever runs the server is told.
import type Koa from 'koa';
import { recordEvent } from '../../audit/audit-log.ts';
import { networkOf } from '../../http/client-address.ts';
import { sourceOf } from '../../http/request-source.ts';
import type { InteractionDeps } from '../deps.ts';

export async function raiseAlarms(
  deps: InteractionDeps,
  ctx: Koa.Context,
  { networkBlocked, alarm }: { networkBlocked: boolean; alarm: boolean },
): Promise<void> {
  const { networkAccounts, networkBlockSeconds, alarmFailures, alarmWindowSeconds } = deps.config.limits;
  const source = sourceOf(ctx);
  if (networkBlocked) {
    const network = networkOf(ctx.state.clientAddress);
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
