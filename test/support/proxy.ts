// Requests as a proxy in front of the server sends them: to its port, whatever name is in the URL.
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Send } from './browser.ts';

/** Every header is the caller's own choice, Host included. */
export const throughProxy =
  (port: number): Send =>
  (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(url);
      const options = { host: '127.0.0.1', port, method, path: pathname + search, headers: { host, ...headers } };
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const status = answer.statusCode ?? 0;
          const content = [204, 304].includes(status) || method === 'HEAD' ? null : Buffer.concat(chunks);
          const response = new Response(content, { status, headers: headersOf(answer.rawHeaders) });
          resolve(Object.defineProperty(response, 'url', { value: url }));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at] ?? '', raw[at + 1] ?? '');
  return headers;
}

/** The whole answer to bytes that no HTTP client would send. */
export function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
