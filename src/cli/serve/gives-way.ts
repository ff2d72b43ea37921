// A start is a second of work that nobody waits for while other processes serve, on the same cores: those go first.
import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

const USUAL = constants.priority.PRIORITY_NORMAL;
/** A fifth of the share of whoever has the usual one, where all cores are busy (sched(7)). */
const LOW = 7;

/** Milliseconds, as soon as what loads the program lets it look: whoever waits for a database is not to be slow when it comes. */
const MOST_MS = 2_000;

/**
 * From now on others go first, until what it gives back is called, or for some seconds. Linux only, and only where this process may take its priority
 * back: with CAP_SYS_NICE, or a limit as deploy/gatehouse@.service sets (RLIMIT_NICE of getrlimit(2)). Elsewhere nothing happens.
 */
export function giveWay(): () => void {
  if (process.platform !== 'linux' || getPriority() !== USUAL || !mayReturn()) return () => undefined;
  try {
    setPriority(LOW);
  } catch {
    // A sandbox that knows no priorities.
    return () => undefined;
  }
  const overdue = setTimeout(takeTurn, MOST_MS).unref();
  return () => {
    clearTimeout(overdue);
    takeTurn();
  };
}

/** Priorities are of threads here, and a new thread has that of whoever made it. A second look finds those made meanwhile. */
function takeTurn(): void {
  for (let look = 0; look < 2; look += 1) {
    for (const thread of readdirSync('/proc/self/task')) {
      try {
        setPriority(Number(thread), USUAL);
      } catch {
        // It has ended. A server that may not after all is slow beside others, and is there.
      }
    }
  }
}

/** The bit of CAP_SYS_NICE (linux/capability.h), and the limit that allows a priority of 0: 20 less than it. */
const CAP_SYS_NICE = 23n;
const LIMIT = 20;
/** All users are themselves: not in a container with a user namespace of its own, whose capabilities do not reach as far. */
const EVERYBODY = /^\s*0\s+0\s+4294967295\s*$/;

/** By what Linux says of this process in /proc/self/status, limits and uid_map (proc(5), user_namespaces(7)). */
export function mayTakeTurn({
  status,
  limits,
  users,
}: Readonly<Record<'status' | 'limits' | 'users', string>>): boolean {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  if (((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n && EVERYBODY.test(users)) return true;
  const limit = /^Max nice priority\s+(\S+)/m.exec(limits)?.[1] ?? '0';
  return limit === 'unlimited' || Number(limit) >= LIMIT;
}

function mayReturn(): boolean {
  try {
    const said = (name: string) => readFileSync(`/proc/self/${name}`, 'utf8');
    return mayTakeTurn({ status: said('status'), limits: said('limits'), users: said('uid_map') });
  } catch {
    return false;
  }
}
