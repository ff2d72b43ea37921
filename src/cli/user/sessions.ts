// gatehouse user sessions and end-sessions: where somebody is signed in, and an end to it.
import { endSessionAs, endSessionsAs } from '../../administration/accounts/end-sessions-as.ts';
import { type ListedSession, listSessions } from '../../sessions/list-sessions.ts';
import { deviceName } from '../../texts/device-name.ts';
import { textsIn } from '../../texts/messages.ts';
import { OPERATOR } from '../access/operator.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { count, quoted, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { notFound, requireAccount } from './require-account.ts';

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
    const inSessions = { ...deps, config };
    if (handle === undefined) {
      const ended = await endSessionsAs(inSessions, OPERATOR, { accountId });
      if (ended.outcome !== 'done') throw notFound(who);
      return endedAnswer({ id: accountId, email }, ended.sessionsEnded);
    }
    const ended = await endSessionAs(inSessions, OPERATOR, { accountId, handle });
    if (ended.outcome !== 'done') throw noSession({ email, handle });
    return endedAnswer({ id: accountId, email }, 1);
  });
}

const endedAnswer = ({ id, email }: { id: string; email: string }, sessions: number): Answer => ({
  result: { id, email, sessions_ended: sessions },
  text: `${count(sessions, 'session')} of ${email} ended.`,
});

const noSession = ({ email, handle }: { email: string; handle: string }): CommandFailed =>
  new CommandFailed(
    'not_found',
    `${email} has no session ${quoted(handle)}. "gatehouse user sessions" shows those there are.`,
  );

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
