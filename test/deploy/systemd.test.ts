// The shipped unit, as systemd itself reads each of its instances. Nothing is started.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../architecture/sources.ts';
import { problemsOf } from '../support/config-files.ts';

const PROGRAM = 'systemd-analyze';
const SHIPPED = readFileSync(path.join(ROOT, 'deploy/gatehouse@.service'), 'utf8');

function available(): boolean {
  if (spawnSync(PROGRAM, ['--version']).status === 0) return true;
  const missing = 'systemd-analyze is not installed (Debian: apt-get install systemd)';
  if (process.env['CI'] === 'true') throw new Error(`${missing}: on CI nothing is skipped.`);
  console.warn(`\n!!! ${missing}: the unit is NOT checked.\n`);
  return false;
}

/** Those that the unit says to enable. */
const INSTANCES: readonly string[] = [...new Set(SHIPPED.match(/\bgatehouse@\d+/g))].sort();

describe.skipIf(!available())('the systemd unit', () => {
  let folder: string;
  /** As it would be installed, with this repository in the place of /opt/gatehouse: the program that it starts must be there. */
  const unit = () => path.join(folder, 'gatehouse@.service');
  const instances = () => INSTANCES.map((each) => path.join(folder, `${each}.service`));

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-unit-'));
    expect(SHIPPED).toContain('ExecStart=/opt/gatehouse/bin/gatehouse serve\n');
    writeFileSync(unit(), SHIPPED.replaceAll('/opt/gatehouse', ROOT));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const analyze = (...words: string[]) => spawnSync(PROGRAM, words, { encoding: 'utf8' });

  test('is understood without a remark', () => {
    const { status, stdout, stderr } = analyze('verify', '--man=no', ...instances());
    expect([status, stdout.trim(), stderr.trim()]).toEqual([0, '', '']);
  });

  test('has an instance for each port that nginx.conf names, listening there and nowhere else', () => {
    const nginx = readFileSync(path.join(ROOT, 'deploy/nginx.conf'), 'utf8');
    const ports = [...nginx.matchAll(/^ +server 127\.0\.0\.1:(\d+) /gm)].map(([, port]) => port);
    expect(ports.length).toBeGreaterThan(1);
    expect(INSTANCES).toEqual(ports.map((port) => `gatehouse@${port}`));
    expect(SHIPPED).toContain(`systemctl enable --now ${INSTANCES.join(' ')}\n`);
    expect(SHIPPED).toMatch(/^Environment=HOST=127\.0\.0\.1 PORT=%i$/m);
  });

  test('leaves little of the machine to whoever gets into the process', () => {
    // Tenths, of 100; systemd calls up to 20 "OK". Nothing else of it is left than network, sockets and V8's own code.
    const { status, stdout } = analyze(
      'security',
      '--offline=true',
      '--no-pager',
      '--threshold=15',
      instances()[0] ?? '',
    );
    expect([status, stdout.trim().split('\n').at(-1)]).toEqual([0, expect.stringContaining('OK')]);
  });

  test('would be refused with a setting that systemd does not know', () => {
    const other = path.join(folder, 'other@.service');
    writeFileSync(other, readFileSync(unit(), 'utf8').replace('NoNewPrivileges=', 'NoNewPriviledges='));
    expect(analyze('verify', '--man=no', other.replace('@', '@3000')).stderr).toContain('NoNewPriviledges');
  });

  test('takes the former secret from a file of the same kind, with the lines that it has for that', () => {
    const lines =
      /^#(LoadCredential=secret-previous:.*)\n#(Environment=GATEHOUSE_SECRET_PREVIOUS_FILE=%d\/secret-previous)$/m;
    const text = readFileSync(unit(), 'utf8');
    expect(text).toMatch(lines);
    const other = path.join(folder, 'replacing@.service');
    writeFileSync(other, text.replace(lines, '$1\n$2'));
    const { status, stdout, stderr } = analyze('verify', '--man=no', other.replace('@', '@3000'));
    expect([status, stdout.trim(), stderr.trim()]).toEqual([0, '', '']);
  });

  test('may lower its priority and take it back, and change nothing else of what it is given', () => {
    expect(SHIPPED).toMatch(/^LimitNICE=\+0$/m);
    // Lists are taken in their order: what is taken out is let in again by a line after it.
    const filters = [...SHIPPED.matchAll(/^SystemCallFilter=(.*)$/gm)].map(([, list]) => list);
    expect(filters).toEqual(['@system-service', '~@privileged @resources', 'setpriority']);
  });

  test('reads its secret from a file, and leaves time for a stop', () => {
    const text = readFileSync(unit(), 'utf8');
    expect(text).not.toMatch(/^Environment=.*GATEHOUSE_SECRET=/m);
    expect(Number(/^TimeoutStopSec=(\d+)s$/m.exec(text)?.[1])).toBeGreaterThan(20 + 3);
    const stated = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '));
    const env = Object.fromEntries(
      stated.map((each) => [each.split('=')[0] ?? '', each.slice(each.indexOf('=') + 1).replace('%i', '3001')]),
    );
    expect(Object.keys(env).sort()).toEqual([
      'GATEHOUSE_CONFIG_DIR',
      'GATEHOUSE_DATA_DIR',
      'GATEHOUSE_MODE',
      'GATEHOUSE_SECRET_FILE',
      'HOST',
      'NODE_COMPILE_CACHE',
      'NODE_ENV',
      'PORT',
    ]);
    // With the folders of this test, and what its own file of variables has.
    writeFileSync(path.join(folder, 'secret'), 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv\n', { mode: 0o600 });
    const here = { GATEHOUSE_SECRET_FILE: path.join(folder, 'secret'), GATEHOUSE_CONFIG_DIR: folder };
    const theirs = { GATEHOUSE_ISSUER: 'https://auth.example.com', DATABASE_URL: 'postgres://localhost/gatehouse' };
    expect(problemsOf({}, { ...env, ...here, ...theirs })).toEqual([]);
  });
});
