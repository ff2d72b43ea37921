// By which names the port of the figures is asked. Whoever reaches it may read, so a page in the browser of somebody inside must not.
import { isIPv4, isIPv6 } from 'node:net';
import type { Config } from '../../config/config.ts';

/**
 * A page reads from us if its own name leads here (DNS rebinding), and then the browser sends that name, which is one of the
 * public DNS and has a dot. Scrapers ask by an address, or by the name of a machine or service, without one. Whatever
 * the port: who forwards it may use another.
 */
export function isAskedByName(
  header: string | undefined,
  { host, allowedHosts }: Pick<Config['metrics'], 'host' | 'allowedHosts'>,
): boolean {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed);
  if (plain === undefined) return false;
  return isIPv4(plain) || isWithoutDot(plain) || [host, ...allowedHosts].some((each) => same(each, plain));
}

/** Not a number: a browser takes 2130706433 for 127.0.0.1 and sends that instead. */
const isWithoutDot = (name: string): boolean => /^[a-z_](?:[\w-]*\w)?$/i.test(name);

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
