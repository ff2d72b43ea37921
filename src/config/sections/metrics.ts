// metrics: what Prometheus reads of this server, and where. Off unless stated.
import { z } from 'zod';
import { listWithoutRepeats, textWhere, wholeNumber } from '../fields.ts';
import { listenAddressProblem } from './server.ts';

/** Characters. Of base64 this is 24 bytes. */
const LEAST_TOKEN = 32;

export const metricsSection = z.strictObject({
  port: wholeNumber(1, 65_535)
    .optional()
    .describe('A port of its own, where whoever reaches it reads /metrics without a token.'),
  host: textWhere(listenAddressProblem).default('127.0.0.1').describe('Where that port listens.'),
  allowed_hosts: listWithoutRepeats(textWhere(nameProblem))
    .default([])
    .describe(
      'Names by which that port is asked, such as gatehouse.internal.example. Addresses and names without a dot need not be stated.',
    ),
  token: textWhere((text) =>
    /^[\w.~+/-]+=*$/.test(text) && text.length >= LEAST_TOKEN
      ? undefined
      : `expected at least ${LEAST_TOKEN} characters that a bearer token is made of; openssl rand -base64 32 makes some`,
  )
    .optional()
    .describe('With it, /metrics of the server itself answers whoever sends it as a bearer token.'),
});

function nameProblem(text: string): string | undefined {
  return /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i.test(text)
    ? undefined
    : 'expected a name without a port, such as gatehouse.internal.example';
}
