// How long the secrets of a client are still good for.
import type { Client } from '../client.ts';

const DAY_MS = 86_400_000;

/** Whoever runs the server is told from so many days before the last secret of a client expires. */
export const SECRET_SOON_DAYS = 30;

/**
 * Days until the last secret expires, rounded up; 0 or less when all have. Undefined for a client without secrets, or with
 * one that stays.
 */
export function secretDaysLeft({ secrets }: Pick<Client, 'secrets'>, now: Date): number | undefined {
  const left = secrets.map(({ expires }) => (expires === undefined ? Infinity : expires.getTime() - now.getTime()));
  const last = Math.max(...left);
  return left.length === 0 || last === Infinity ? undefined : Math.ceil(last / DAY_MS);
}
