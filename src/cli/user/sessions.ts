// gatehouse user sessions and end-sessions: where somebody is signed in, and an end to it.
import { endSessionOf, endSessionsOf } from '../../sessions/end-session-of.ts';
import { type ListedSession, listSessions } from '../../sessions/list-sessions.ts';
import { deviceName } from '../../texts/device-name.ts';
import { textsIn } from '../../texts/messages.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { count, quoted, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { requireAccount } from './require-account.ts';

const OPERATORS = textsIn('en');

export function listUserSessions(invocation: Invocation, { who }: { who: string }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id, email } = await requireAccount(deps.db, who);
    const sessions = await listSessions({ ...deps, limits: config.sessions }, id);
    const rows = sessions.map((session) => [
      session.handle,
      deviceName(OPERATORS, session.userAgent),
      session.lastAddress,
      session.since,
      session.lastSeenAt,
      session.kept,
      session.clientIds.join(', '),
    ]);
    return {
      result: { id, email, sessions: sessions.map(sessionResult) },
      text:
        sessions.length === 0
          ? `${email} is signed in nowhere.`
          : table(['SESSION', 'DEVICE', 'ADDRESS', 'SINCE', 'LAST USED', 'KEPT', 'APPS'], rows),
    };
  });
}

export function endUserSessions(
  invocation: Invocation,
  { who, session: handle }: { who: string; session?: string | undefined },
): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const { id: accountId, email } = await requireAccount(deps.db, who);
    const inSessions = { ...deps, limits: config.sessions };
    const whose = { accountId, actor: 'operator' } as const;
    const ended =
      handle === undefined
        ? await endSessionsOf(inSessions, whose)
        : await endOne(() => endSessionOf(inSessions, { ...whose, handle }), { email, handle });
    return {
      result: { id: accountId, email, sessions_ended: ended },
      text: `${count(ended, 'session')} of ${email} ended.`,
    };
  });
}

async function endOne(
  end: () => Promise<'ended' | 'not_found'>,
  { email, handle }: { email: string; handle: string },
): Promise<1> {
  if ((await end()) === 'ended') return 1;
  const message = `${email} has no session ${quoted(handle)}. "gatehouse user sessions" shows those there are.`;
  throw new CommandFailed('not_found', message);
}

const sessionResult = ({ handle, kept, userAgent, firstAddress, lastAddress, ...session }: ListedSession) => ({
  session: handle,
  device: deviceName(OPERATORS, userAgent),
  user_agent: userAgent,
  first_address: firstAddress,
  last_address: lastAddress,
  since: session.since,
  last_used_at: session.lastSeenAt,
  kept,
  client_ids: session.clientIds,
});
