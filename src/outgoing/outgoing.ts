// Requests that the server makes to apps: never into a private network that the operator has not named, no redirects.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import type { Logger } from '../observability/logger.ts';
import { AddressRefused } from './address-refused.ts';
import { checkStatedAddress, guardedLookup, type Resolve } from './guarded-lookup.ts';
import { addressRule } from './private-hosts.ts';

export interface OutgoingRequest {
  readonly method?: string | undefined;
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** For the whole of it, the body of the answer included. */
  readonly signal?: AbortSignal | null | undefined;
}

/** Like `fetch` with `redirect: 'manual'`. @throws AddressRefused, and whatever the connection throws */
export type Outgoing = (address: string | URL, request?: OutgoingRequest) => Promise<Response>;

interface Deps {
  readonly privateHosts: readonly string[];
  /** Told of every request that is refused. */
  readonly log?: Logger;
  readonly resolve?: Resolve;
}

/** Node's fetch has no lookup of ours; its own requests have. Connections are not kept: each one is looked up anew. */
export function createOutgoing({ privateHosts, log, resolve }: Deps): Outgoing {
  const rule = addressRule(privateHosts);
  return async (address, request = {}) => {
    const url = new URL(address);
    try {
      checkStatedAddress(rule, url);
      return await send(url, request, { lookup: guardedLookup(rule, url, resolve), agent: false });
    } catch (error) {
      if (error instanceof AddressRefused) {
        log?.warn({ event: 'outgoing.refused', host: url.host, address: error.address }, error.message);
      }
      throw error;
    }
  };
}

function send(
  url: URL,
  { method = 'GET', headers, body, signal }: OutgoingRequest,
  options: http.RequestOptions,
): Promise<Response> {
  const { request } = url.protocol === 'https:' ? https : http;
  const given = new Headers(headers);
  if (body !== undefined) given.set('content-length', String(Buffer.byteLength(body)));
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : error);
    const sent = request(url, { ...options, method, headers: Object.fromEntries(given), ...(signal && { signal }) });
    sent.once('response', (answer) => {
      try {
        resolve(toResponse(answer));
      } catch (error) {
        sent.destroy();
        fail(error);
      }
    });
    sent.on('error', fail);
    // An answer that switches protocols (101) is neither a response nor an error: the connection just closes.
    sent.once('close', () => fail(new Error('the connection was closed without an answer')));
    sent.end(body);
  });
}

/** Fetch Standard, "null body status"; what comes with them is not read. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function toResponse(answer: IncomingMessage): Response {
  const { statusCode: status = 0, headers } = answer;
  const init = {
    status,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
  };
  if (!WITHOUT_BODY.has(status)) return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, init);
  answer.destroy();
  return new Response(null, init);
}
