// Standard output is written in turns; what the process says last is out nevertheless, in order and in whole lines.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const LOGGER = path.join(import.meta.dirname, '../../../src/observability/logger.ts');

function linesOf(program: string): string[] {
  const text = `const { createLogger } = await import(${JSON.stringify(LOGGER)});\n${program}`;
  try {
    return execFileSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' }).trim().split('\n');
  } catch (error) {
    return String((error as { stdout: string }).stdout)
      .trim()
      .split('\n');
  }
}

const LOG =
  "const log = createLogger({ level: 'info', format: 'json' }); const other = createLogger({ level: 'info', format: 'json' });";
const eventsOf = (lines: string[]) => lines.map((line) => (JSON.parse(line) as { event: string }).event);

test('what is said right before an exit is out', () => {
  expect(
    eventsOf(linesOf(`${LOG} log.info({ event: 'first' }); log.error({ event: 'last' }); process.exit(3);`)),
  ).toEqual(['first', 'last']);
});

test('what is said right before a defect ends the process is out', () => {
  const lines = linesOf(`${LOG} log.info({ event: 'last' }); queueMicrotask(() => { throw new Error('broken'); });`);
  expect(eventsOf(lines)).toEqual(['last']);
});

test('two loggers keep their order, and thousands of lines are all whole', () => {
  const lines = linesOf(`${LOG}
    for (let at = 0; at < 3000; at += 1) (at % 2 ? log : other).info({ event: String(at), filler: 'x'.repeat(at % 300) });
    setTimeout(() => log.info({ event: 'later' }), 5);`);
  expect(eventsOf(lines)).toEqual([...Array.from({ length: 3000 }, (_, at) => String(at)), 'later']);
});
