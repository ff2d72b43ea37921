// Until when something is given, as a form of the console asks for it: a day, the last one included.
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** The first moment after that day, in UTC. Undefined for good; `unreadable` for what is no day. */
export function afterLastDay(typed: string): Date | undefined | 'unreadable' {
  if (typed.trim() === '') return undefined;
  const day = z.iso.date().safeParse(typed.trim());
  return day.success ? new Date(Date.parse(`${day.data}T00:00:00Z`) + DAY_MS) : 'unreadable';
}
