import { describe, expect, test } from 'vitest';
import { createReadiness, reportLiveness, reportReadiness } from '../../../src/observability/health.ts';

const well = async () => {};
const ill = async () => {
  throw new Error('password authentication failed for user "gatehouse"');
};
const stuck = () => new Promise<void>(() => {});

function ready() {
  const readiness = createReadiness();
  readiness.set('ready');
  return readiness;
}

describe('a server', () => {
  test('is not ready while it starts', async () => {
    expect(await reportReadiness(createReadiness(), { database: well })).toEqual({
      ready: false,
      state: 'starting',
      checks: {},
    });
  });

  test('is ready when it has started and every check passes', async () => {
    const report = await reportReadiness(ready(), { database: well, keys: well });
    expect(report).toEqual({ ready: true, state: 'ready', checks: { database: 'ok', keys: 'ok' } });
  });

  test('is not ready when it stops, and nothing makes it ready again', async () => {
    const readiness = ready();
    readiness.set('stopping');
    readiness.set('ready');
    expect(readiness.state).toBe('stopping');
    expect(await reportReadiness(readiness, { database: well })).toMatchObject({ ready: false, state: 'stopping' });
  });

  test('is alive whatever its checks say', () => {
    expect(reportLiveness()).toEqual({ alive: true });
  });
});

describe('a failing check', () => {
  test('is named to everyone, and explained only to us', async () => {
    const told: [string, unknown][] = [];
    const report = await reportReadiness(
      ready(),
      { database: ill, keys: well },
      { onFailure: (...failure) => void told.push(failure) },
    );
    expect(report).toMatchObject({ ready: false, checks: { database: 'failing', keys: 'ok' } });
    expect(JSON.stringify(report)).not.toContain('authentication');
    expect(told).toEqual([
      ['database', expect.objectContaining({ message: expect.stringContaining('authentication') })],
    ]);
  });

  test('is also one that gives no answer in time', async () => {
    const report = await reportReadiness(ready(), { database: stuck, keys: well }, { timeoutMs: 20 });
    expect(report).toMatchObject({ ready: false, checks: { database: 'failing', keys: 'ok' } });
  });
});
