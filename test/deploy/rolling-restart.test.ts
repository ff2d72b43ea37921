// The shipped command, on real processes behind the real nginx. What systemd does for it is done here: there is none where tests run.
import { type ChildProcess, execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../architecture/sources.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Nginx, nginxAvailable, startNginx } from '../support/nginx.ts';
import { ended, saysThatItListens, spawnServer } from '../support/serve-process.ts';
import { freePort } from '../support/start-server.ts';

function curlAvailable(): boolean {
  if (spawnSync('curl', ['--version']).status === 0) return true;
  const missing = 'curl is not installed (Debian: apt-get install curl)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: the rolling restart is NOT tested.\n`);
  return false;
}

const canRun = nginxAvailable() && postgresAvailable() && curlAvailable();

interface Restart {
  readonly port: number;
  /** Of the others, when it was asked for. */
  readonly ready: readonly number[];
}

describe.skipIf(!canRun)('deploy/rolling-restart', { timeout: 120_000 }, () => {
  let folder: string;
  let database: TestDatabase;
  let env: Record<string, string>;
  let nginx: Nginx;
  let systemd: Server;
  const processes = new Map<number, ChildProcess>();
  const restarts: Restart[] = [];
  const exitCodes: (number | null)[] = [];
  /** Those that systemd would start in vain. */
  const broken = new Set<number>();

  const isReady = async (port: number): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  };

  const starts = (port: number): Promise<void> => {
    const child = spawnServer({ ...env, PORT: String(port) });
    processes.set(port, child);
    return saysThatItListens(child);
  };

  /** SIGTERM, however long it takes then. */
  const stops = async (port: number): Promise<void> => {
    const child = processes.get(port);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
    exitCodes.push(child.exitCode);
  };

  /** Like a unit of Type=exec: the old one has ended, and the new one may take its time. */
  const restartsUnit = async (port: number): Promise<void> => {
    const others = [...processes.keys()].filter((each) => each !== port);
    const ready = [];
    for (const each of others) if (await isReady(each)) ready.push(each);
    restarts.push({ port, ready });
    await stops(port);
    if (!broken.has(port)) starts(port).catch(() => undefined);
  };

  const answersSystemctl = async (words: string): Promise<string> => {
    if (words === 'list-units --plain --no-legend gatehouse@*.service') {
      const line = (port: number) => `gatehouse@${port}.service loaded active running Gatehouse, at port ${port}\n`;
      return [...processes.keys()].map(line).join('');
    }
    const [, port] = /^restart gatehouse@(\d+)$/.exec(words) ?? [];
    if (port === undefined) throw new Error(`systemctl ${words}`);
    await restartsUnit(Number(port));
    return '';
  };

  /** A `systemctl` that asks this test. */
  const listensForSystemctl = async (): Promise<Server> => {
    const server = createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const done = await answersSystemctl(Buffer.concat(chunks).toString()).catch(() => undefined);
      res.writeHead(done === undefined ? 500 : 200).end(done);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const program = path.join(folder, 'systemctl');
    const asked = `exec curl --silent --fail --noproxy '*' --data-raw "$*" http://127.0.0.1:${port}/`;
    writeFileSync(program, `#!/bin/sh\n${asked}\n`);
    chmodSync(program, 0o755);
    return server;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-rolling-'));
    writeFileSync(path.join(folder, 'gatehouse.yaml'), 'server:\n  trusted_proxies: [127.0.0.1/32]\n');
    database = await makeTestDatabase('postgres');
    const port = await freePort();
    env = {
      GATEHOUSE_MODE: 'production',
      GATEHOUSE_ISSUER: `https://localhost:${port}`,
      GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv',
      GATEHOUSE_CONFIG_DIR: folder,
      GATEHOUSE_DATA_DIR: database.dataDir,
      DATABASE_URL: database.url ?? '',
      HOST: '127.0.0.1',
    };
    const upstreams = [await freePort(), await freePort()];
    await Promise.all(upstreams.map(starts));
    nginx = await startNginx({ port, upstreams });
    systemd = await listensForSystemctl();
  }, 120_000);

  beforeEach(() => {
    restarts.length = 0;
    exitCodes.length = 0;
  });

  afterAll(async () => {
    await nginx?.stop();
    systemd?.close();
    await Promise.all([...processes.values()].map((each) => ended(each, 'SIGKILL')));
    await database?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Ran {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  const runs = (words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    new Promise((resolve) => {
      // A slow machine has time to start one.
      const env = { PATH: `${folder}:${process.env['PATH']}`, ROLLING_RESTART_PATIENCE: '100', ...more };
      execFile(path.join(ROOT, 'deploy/rolling-restart'), words, { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  const visits = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const place = { host: '127.0.0.1', port: nginx.port, servername: 'localhost', ca: nginx.certificate };
      const headers = { host: `localhost:${nginx.port}` };
      const target = '/.well-known/openid-configuration';
      request({ ...place, agent: false, path: target, headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      })
        .once('error', reject)
        .end();
    });

  test('visitors are answered all the while, as each process is ready before the next one stops', async () => {
    const [first = 0, second = 0] = processes.keys();
    const before = [...processes.values()].map(({ pid }) => pid);
    const seen: number[] = [];
    let over = false;
    const visiting = (async () => {
      while (!over) {
        seen.push(await visits());
        await sleep(20);
      }
    })();
    const ran = await runs([]).finally(() => {
      over = true;
    });
    await visiting;
    expect(ran).toEqual({
      code: 0,
      stdout: `gatehouse@${first} is ready\ngatehouse@${second} is ready\n`,
      stderr: '',
    });
    expect(restarts).toEqual([
      { port: first, ready: [second] },
      { port: second, ready: [first] },
    ]);
    expect(exitCodes).toEqual([0, 0]);
    expect([...processes.values()].filter(({ pid }) => before.includes(pid))).toEqual([]);
    // 503 is the server's own, where a machine has more to do than it can.
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  });

  test('whoever is not ready comes first, so that the only one that answers is not stopped', async () => {
    const [first = 0, second = 0] = processes.keys();
    await ended(processes.get(second), 'SIGKILL');
    expect((await runs([String(first), String(second)])).code).toBe(0);
    expect(restarts).toEqual([
      { port: second, ready: [first] },
      { port: first, ready: [second] },
    ]);
  });

  test('ends where one does not become ready, and leaves the next alone', async () => {
    const [first = 0, second = 0] = processes.keys();
    broken.add(first);
    const { code, stderr } = await runs([], { ROLLING_RESTART_PATIENCE: '1' });
    expect([code, stderr]).toEqual([
      1,
      `gatehouse@${first} is not ready after 1 seconds: journalctl -u gatehouse@${first}\n`,
    ]);
    expect(restarts.map(({ port }) => port)).toEqual([first]);
    expect(await isReady(second)).toBe(true);
  });

  test('says what to do where systemd knows of none', async () => {
    for (const child of processes.values()) child.kill('SIGKILL');
    processes.clear();
    const { code, stderr } = await runs([]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('systemctl enable --now gatehouse@')]);
  });
});
