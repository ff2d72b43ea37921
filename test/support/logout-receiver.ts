// An app's end of back-channel logout: a real HTTP server that keeps what it is sent, and answers as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
  /** Unverified. */
  readonly claims: JWTPayload;
  readonly token: string;
  readonly at: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface LogoutReceiver {
  readonly uri: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** How it answers from now on; 200 unless stated. */
  answers(answer: number | Answer): void;
  /** The token of a notice, checked as section 2.6 says. */
  verified(issuer: string, audience: string, index?: number): Promise<JWTPayload>;
  close(): void;
}

export async function logoutReceiver({ port = 0 } = {}): Promise<LogoutReceiver> {
  const received: Received[] = [];
  let answer: Answer = (response) => void response.writeHead(200).end();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    const token = form.get('logout_token') ?? '';
    const { method, url, headers } = request;
    received.push({ method, url, headers, form, token, claims: decodeJwt(token), at: performance.now() });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = server.address() as AddressInfo;
  return {
    received,
    close,
    port: address.port,
    uri: `http://127.0.0.1:${address.port}/logout`,
    answers(next) {
      answer = typeof next === 'number' ? (response) => void response.writeHead(next).end() : next;
    },
    async verified(issuer, audience, index = 0) {
      const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
      const options = { issuer, audience, typ: 'logout+jwt', algorithms: ['RS256'], currentDate: new Date(Date.now()) };
      const { payload } = await jwtVerify(received[index]?.token ?? '', keys, options);
      return payload;
    },
  };
}

/** One that ends with the test. */
export async function receiverForTest(options?: { port?: number }): Promise<LogoutReceiver> {
  const receiver = await logoutReceiver(options);
  onTestFinished(() => receiver.close());
  return receiver;
}
