// server: where we listen, and whom we believe about where a request came from.
import { z } from 'zod';
import { listWithoutRepeats, textWhere, wholeNumber } from '../fields.ts';
import { cidrProblem, hostProblem } from '../urls.ts';

export const serverSection = z.strictObject({
  host: textWhere(listenAddressProblem).default('127.0.0.1'),
  port: wholeNumber(1, 65_535).default(3000),
  trusted_proxies: listWithoutRepeats(textWhere(cidrProblem)).default([]),
  internal_hosts: listWithoutRepeats(textWhere(hostProblem)).default([]),
  drain_seconds: wholeNumber(0, 600).default(20),
});

/** A name or an address, without a port: `0.0.0.0`, `::`, `localhost`. */
export function listenAddressProblem(text: string): string | undefined {
  return /^(?:[A-Za-z0-9.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.test(text) && !/^[^:]*:\d+$/.test(text)
    ? undefined
    : 'expected an address to listen on such as 127.0.0.1, 0.0.0.0 or localhost';
}
