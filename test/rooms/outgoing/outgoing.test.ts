// Requests of our own: into a private network only where the operator has said so, whatever a name resolves to.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import type { Resolve } from '../../../src/outgoing/guarded-lookup.ts';
import { createOutgoing } from '../../../src/outgoing/outgoing.ts';
import { addressRule, isPublic } from '../../../src/outgoing/private-hosts.ts';

async function site(answer: RequestListener = (_request, response) => void response.end('hello')) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host}${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

/** A name server that answers each question with the next of these. */
function resolving(...answers: (string | readonly string[])[]): Resolve {
  const left = answers.map((answer) => [answer].flat());
  return (_host, _options, done) => {
    const addresses = left.length > 1 ? left.shift() : left[0];
    done(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

function outgoing(privateHosts: readonly string[], resolve?: Resolve) {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', format: 'json' }, { write: (line) => void lines.push(JSON.parse(line)) });
  return { call: createOutgoing({ privateHosts, log, ...(resolve && { resolve }) }), lines };
}

// Keycloak CVE-2020-10770, CVE-2026-4874; Zitadel CVE-2025-67494; Casdoor CVE-2026-5469; better-auth GHSA-5rr4-8452-hf4v.
describe('T53 requests forged through the server (Keycloak CVE-2020-10770, Zitadel CVE-2025-67494): an address that is not public', () => {
  test.each([
    '127.0.0.1',
    '[::1]',
    '10.1.2.3',
    '169.254.169.254',
    '[fd00::1]',
    '0.0.0.0',
    '0x7f.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
  ])('is refused where the URL states it: %s', async (host) => {
    const { port, requests } = await site();
    const { call, lines } = outgoing([]);
    await expect(call(`http://${host}:${port}/`)).rejects.toThrow('outgoing.private_hosts in gatehouse.yaml');
    expect(requests).toEqual([]);
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', event: 'outgoing.refused' })]);
  });

  test('is refused where a name resolves to it, and the log says what to write into the file', async () => {
    const { port, requests } = await site();
    const { call, lines } = outgoing(['other.internal', '192.168.0.0/16'], resolving('127.0.0.1'));
    const message =
      'app.internal resolves to 127.0.0.1, which is not a public address; if that is meant, add app.internal to outgoing.private_hosts in gatehouse.yaml';
    await expect(call(`http://app.internal:${port}/`)).rejects.toThrow(message);
    expect(requests).toEqual([]);
    expect(lines).toEqual([
      expect.objectContaining({ host: `app.internal:${port}`, address: '127.0.0.1', msg: message }),
    ]);
  });

  test.each([
    ['app.internal', true],
    ['app.internal:PORT', true],
    ['127.0.0.1', true],
    ['127.0.0.0/8', true],
    ['app.internal:1', false],
    ['internal', false],
    ['127.0.0.2', false],
    ['10.0.0.0/8', false],
  ])('with %j on the list is reached: %s', async (entry, reached) => {
    const { port, requests } = await site();
    const { call } = outgoing([entry.replace('PORT', String(port))], resolving('127.0.0.1'));
    const answer = await call(`http://app.internal:${port}/x`).then(
      (response) => response.text(),
      () => 'refused',
    );
    expect(answer).toBe(reached ? 'hello' : 'refused');
    expect(requests).toEqual(reached ? [`GET app.internal:${port}/x`] : []);
  });

  test('is not reached by a name that resolves to something else each time: what was checked is connected to', async () => {
    const { port, requests } = await site();
    const { call } = outgoing([], resolving('192.0.2.1', '127.0.0.1'));
    for (const _ of [1, 2, 3]) {
      const signal = AbortSignal.timeout(300);
      await expect(call(`http://rebinding.test:${port}/`, { signal })).rejects.toThrow();
    }
    expect(requests).toEqual([]);
  });

  test('is left out where a name also has an address that is allowed', async () => {
    const { port, requests } = await site();
    const { call } = outgoing(['127.0.0.1'], resolving(['10.0.0.1', '127.0.0.1', 'fd00::1']));
    expect((await call(`http://app.test:${port}/`, { signal: AbortSignal.timeout(2000) })).status).toBe(200);
    expect(requests).toHaveLength(1);
  });
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is public',
  (address) => {
    expect(isPublic(address)).toBe(true);
  },
);

test.each([
  ...[
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.255.255.255',
    '169.254.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
  ],
  ...[
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    'fe80::1',
    'fe80::1%eth0',
  ],
  ...['fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1', '2002:a00:1::', 'nonsense', ''],
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

test('a network on the list covers the addresses in it, of its own family', () => {
  const rule = addressRule(['10.0.0.0/8', 'fd00:1::/32', '::1']);
  const asked = ['10.200.0.1', '11.0.0.1', '172.16.0.1', 'fd00:1::5', 'fd00:2::5', '::1', '127.0.0.1'];
  expect(asked.filter((address) => rule.allowsAddress(address))).toEqual([
    '10.200.0.1',
    '11.0.0.1',
    'fd00:1::5',
    '::1',
  ]);
});

describe('an answer', () => {
  const local = (answer: RequestListener) => site(answer).then(({ port }) => `http://127.0.0.1:${port}/`);
  const { call } = outgoing(['127.0.0.1']);

  test('is given as fetch would, redirects included', async () => {
    const url = await local(
      (_request, response) => void response.writeHead(302, { location: '/x', 'x-a': ['1', '2'] }).end('gone'),
    );
    const response = await call(url);
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([302, '/x', 'gone']);
  });

  test('without a body is one', async () => {
    const url = await local((_request, response) => void response.writeHead(204).end());
    const response = await call(url, { method: 'POST', body: 'a=b' });
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  test('that does not come, or not to its end, is cut off when the time is over', async () => {
    const never = await local(() => undefined);
    await expect(call(never, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
    const slow = await local((_request, response) => void response.writeHead(200).write('x'));
    const response = await call(slow, { signal: AbortSignal.timeout(200) });
    await expect(response.text()).rejects.toThrow();
  });

  test('of any length costs what is read of it: whoever stops reading ends the connection', async () => {
    let sent = 0;
    let closed = false;
    const url = await local((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (sent < 100_000_000 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      response.once('close', () => {
        closed = true;
      });
      more();
    });
    const response = await call(url);
    let read = 0;
    for await (const chunk of response.body ?? []) {
      read += chunk.byteLength;
      if (read > 64 * 1024) break;
    }
    await expect.poll(() => closed).toBe(true);
    expect(sent).toBeLessThan(50_000_000);
  });

  test('that changes the protocol is a failure at once, and not a call that never ends', async () => {
    const url = await local(({ socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
    });
    await expect(call(url)).rejects.toThrow('closed without an answer');
  });

  test('of a server that is not there is a failure', async () => {
    await expect(call('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
