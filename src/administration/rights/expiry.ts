// Until when something is given.
import type { Clock } from '../../clock.ts';

export const isOver = (clock: Clock, expiresAt: Date | undefined): boolean =>
  expiresAt !== undefined && !(expiresAt.getTime() > clock.now().getTime());

export const ITS_TIME_IS_OVER = {
  outcome: 'invalid',
  problems: [{ field: 'expires_at', key: 'administration.problem.expires' }],
} as const;
