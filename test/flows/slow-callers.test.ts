// Callers that send as slowly as they can, or that are very many, do not keep their connections.
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/server/life-cycle.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const HEADERS_SECONDS = 10;
/** For the server to look round, which it does each second, and for a busy machine. */
const SLACK_SECONDS = 5;
const PLACES = 20;

interface Caller {
  readonly socket: Socket;
  readonly connected: Promise<unknown>;
  /** Seconds from when it was connected to when it was cut off. */
  readonly lasted: Promise<number>;
  heard(): string;
}

/** Whether or not it ends with an error, as the connection of somebody who is cut off may. */
const happens = (socket: Socket, event: string): Promise<void> =>
  new Promise((resolve) => socket.once(event, () => resolve()));

function calls(port: number, says = ''): Caller {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  const gone = happens(socket, 'close').then(() => performance.now());
  const connected = happens(socket, 'connect').then(() => {
    socket.write(says);
    return performance.now();
  });
  const lasted = Promise.all([connected, gone]).then(([from, until]) => (until - from) / 1000);
  return { socket, connected, lasted, heard: () => heard };
}

const isOpen = ({ socket }: Caller): boolean => !socket.closed;

describe('T58 slow callers and floods of connections (CVE-2007-6750 Slowloris, ASVS 15.2.2)', () => {
  const VISITS = 200;
  const ROUNDS = 8;
  /** Milliseconds. Less than this is quick on any machine, however quick it was alone. */
  const QUICK_MS = 30;

  /** Of one who visits again and again, in milliseconds: the 99th of 100. */
  async function slowestVisits(): Promise<number> {
    const times: number[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      const started = performance.now();
      const answer = await fetch(`${server.issuer}/.well-known/openid-configuration`);
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
      times.push(performance.now() - started);
    }
    return times.toSorted((one, other) => one - other)[Math.floor(0.99 * VISITS)] ?? Number.POSITIVE_INFINITY;
  }

  test('five hundred who never finish their headers slow nobody down, and all are cut off after ten seconds', async () => {
    await slowestVisits();
    const alone = await slowestVisits();
    const started = performance.now();
    const callers = Array.from({ length: 500 }, () => calls(server.port, 'GET / HTTP/1.1\r\nHost: loc'));
    const firstCut = Promise.race(callers.map((each) => each.lasted)).then(() => performance.now() - started);
    await Promise.all(callers.map(({ connected }) => connected));
    const among: number[] = [];
    const isGood = (milliseconds: number, peace: number) => milliseconds < Math.max(2 * peace, QUICK_MS);
    // A busy machine delays anybody now and then; the server would delay them each time.
    do among.push(await slowestVisits());
    while (!among.some((each) => isGood(each, alone)) && among.length < ROUNDS && callers.every(isOpen));
    expect(await firstCut).toBeGreaterThan(1000 * (HEADERS_SECONDS - 1));
    const lasted = await Promise.all(callers.map((each) => each.lasted));
    expect(Math.max(...lasted)).toBeLessThanOrEqual(HEADERS_SECONDS + SLACK_SECONDS);
    // And it may have become busy meanwhile, by others.
    const peace = among.some((each) => isGood(each, alone)) ? alone : Math.max(alone, await slowestVisits());
    const good = among.filter((each) => isGood(each, peace));
    expect(good, `${among} ms, alone ${alone} before and ${peace} at most`).not.toEqual([]);
  });

  const FORM = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n';

  test.concurrent.each([
    ['headers', 10, 'GET /auth', 'X-Slow: '],
    ["a person's form", 10, 'POST /reset-password', FORM],
    ["a program's form", 30, 'POST /token', FORM],
  ])('%s that come a letter at a time are waited for %i seconds, no longer', async (_, seconds, request, more) => {
    const { host } = new URL(server.issuer);
    const { socket, lasted } = calls(server.port, `${request} HTTP/1.1\r\nHost: ${host}\r\n${more}`);
    const drip = setInterval(() => socket.write('a'), 200);
    expect(await lasted.finally(() => clearInterval(drip))).toBeLessThanOrEqual(seconds + SLACK_SECONDS);
  });

  test('who calls when all places are taken is turned away at once, until one of them is free', async () => {
    const config = { server: { ...server.config.server, port: 0 } };
    const usual = await listen(server, config);
    onTestFinished(() => void usual.close());
    expect(usual.maxConnections).toBe(5_000);

    const door = await listen(server, config, PLACES);
    onTestFinished(() => {
      door.closeAllConnections();
      door.close();
    });
    const { port } = door.address() as AddressInfo;
    const request = `GET /livez HTTP/1.1\r\nHost: ${new URL(server.issuer).host}\r\n\r\n`;
    const isServed = async () => {
      const caller = calls(port, request);
      await Promise.race([happens(caller.socket, 'data'), happens(caller.socket, 'close')]);
      caller.socket.destroy();
      return caller.heard().startsWith('HTTP/1.1 200');
    };
    const callers = Array.from({ length: PLACES }, () => calls(port, request));
    await expect
      .poll(() => callers.filter(({ heard }) => heard().startsWith('HTTP/1.1 200')).length, { timeout: 20_000 })
      .toBe(PLACES);
    expect(await Promise.all([isServed(), isServed(), isServed()])).toEqual([false, false, false]);
    expect(callers.filter(({ socket }) => socket.closed)).toEqual([]);
    callers[0]?.socket.destroy();
    await expect.poll(isServed, { timeout: 20_000 }).toBe(true);
  });
});
