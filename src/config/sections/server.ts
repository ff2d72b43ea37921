// server: where we listen, and whom we believe about where a request came from.
import { z } from 'zod';
import { listWithoutRepeats, textWhere, wholeNumber } from '../fields.ts';
import { cidrProblem, hostProblem } from '../urls.ts';

export const serverSection = z.strictObject({
  host: textWhere(listenAddressProblem).default('127.0.0.1').describe('Where to listen. In a container: 0.0.0.0.'),
  port: wholeNumber(1, 65_535).default(3000).describe('PORT wins over it.'),
  workers: wholeNumber(0, 64)
    .default(1)
    .describe(
      'Processes of this machine that share the port; 0 means as many as there are cores. More than one needs PostgreSQL.',
    ),
  trusted_proxies: listWithoutRepeats(textWhere(cidrProblem))
    .default([])
    .describe('Networks whose X-Forwarded-* headers are believed, such as 10.0.0.0/8.'),
  internal_hosts: listWithoutRepeats(textWhere(hostProblem))
    .default([])
    .describe('Hosts by which apps in the same network call discovery, JWKS, token, userinfo and introspection.'),
  drain_seconds: wholeNumber(0, 600).default(20).describe('How long a stopping server waits for requests in flight.'),
});

/** A name or an address, without a port: `0.0.0.0`, `::`, `localhost`. */
export function listenAddressProblem(text: string): string | undefined {
  const isAddress = /^[A-Za-z0-9.-]+$/.test(text) || (/^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':'));
  return isAddress && !/^[^:]*:\d+$/.test(text)
    ? undefined
    : 'expected an address to listen on such as 127.0.0.1, 0.0.0.0 or localhost';
}
