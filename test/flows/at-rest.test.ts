// What a process has when nobody asks for anything.
import { expect, onTestFinished, test } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import { startMeasuredServer } from '../support/measured-server.ts';
import { RESOURCES } from '../support/start-server.ts';

const TOKEN = 'bWV0cmljcyBvZiBzb21lYm9keSBhdCByZXN0';
const SETTINGS = `metrics: { token: "${TOKEN}" }\nlogging: { level: debug, format: json }${RESOURCES}`;

test('a server that rests gives back, once, what its start has taken for new objects', async () => {
  const server = await startMeasuredServer([], { settings: SETTINGS });
  onTestFinished(() => server.stop());
  const tidied = () => server.output().match(/"event":"process\.tidied".*/g) ?? [];
  await expect.poll(tidied, { timeout: 150_000, interval: 1_000 }).toHaveLength(1);
  const answer = await fetch(`${server.issuer}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const space = { space: 'new' };
  expect(parseExposition(await answer.text()).sum('nodejs_heap_space_size_total_bytes', space)).toBeLessThanOrEqual(
    4 * 2 ** 20,
  );
}, 200_000);
