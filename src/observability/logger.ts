// The structured log: one JSON line per event in production, one readable line in development. The one place that redacts.
import { createRequire } from 'node:module';
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type PinoPretty from 'pino-pretty';
import type { LoggingConfig } from '../config/config.ts';
import { loggable, SECRET_KEYS, visible } from './loggable.ts';

export type Logger = pino.Logger;

const STDOUT = 1;
/** Loaded where people read. */
const requireLater = createRequire(import.meta.url);

/** Bytes that a pipe takes whole, whoever else writes into it (PIPE_BUF of POSIX on Linux). */
const WHOLE_BYTES = 4096;

/**
 * Lines of one turn of the event loop go out together, since a write for each was a seventh of the work of a request for
 * tokens. What was written is out before the process exits, and no two lines get into each other, those of other
 * workers neither.
 */
export function standardOutput(): DestinationStream {
  shared ??= openStandardOutput();
  return shared;
}

let shared: DestinationStream | undefined;

function openStandardOutput(): DestinationStream {
  // Its flushSync() waits for the disk as well (fsync): lines are collected here, and written as they come.
  const output = pino.destination({ fd: STDOUT, sync: true });
  let lines = '';
  const flush = () => {
    const written = lines;
    lines = '';
    if (written !== '') output.write(written);
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (lines.length + line.length > WHOLE_BYTES) flush();
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

/**
 * Log events, not sentences: `log.info({ event: 'account.created', accountId })`; an Error goes under `err`.
 * Values under secret-looking names are blotted out at any depth (loggable.ts); nothing a visitor sends can start a second line.
 * The last line before an exit is not lost.
 */
export function createLogger(
  { level, format }: LoggingConfig,
  destination: DestinationStream = standardOutput(),
): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: {},
    // The bindings of child loggers do not pass through formatters.log.
    redact: { paths: [...SECRET_KEYS], censor: '[redacted]' },
    // pino takes the message of an error for the line's own, past formatters.log.
    serializers: { err: (value: unknown) => value, msg: (text: unknown) => (isText(text) ? visible(text) : text) },
    formatters: { log: (entry) => loggable(entry) },
  };
  if (format === 'pretty') return pino(options, readable(destination));
  const withLabel = { ...options.formatters, level: (label: string) => ({ level: label }) };
  return pino({ ...options, timestamp: stdTimeFunctions.isoTime, formatters: withLabel }, destination);
}

function readable(destination: DestinationStream): DestinationStream {
  const { prettyFactory } = requireLater('pino-pretty') as typeof PinoPretty;
  const line = prettyFactory({
    colorize: false,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'hostname,pid,event,msg',
    messageFormat: (log, messageKey) => [log['event'], log[messageKey]].filter(isText).map(oneLine).join(' '),
    customPrettifiers: { err: (error) => (isDescribed(error) ? stacks(error) : JSON.stringify(error)) },
  });
  return { write: (json) => destination.write(line(json)) };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const oneLine = (text: string): string => JSON.stringify(text).slice(1, -1);

interface Described {
  readonly stack: string;
  readonly cause?: unknown;
}

const isDescribed = (error: unknown): error is Described =>
  typeof error === 'object' && error !== null && 'stack' in error && typeof error.stack === 'string';

const stacks = ({ stack, cause }: Described): string =>
  isDescribed(cause) ? `${stack}\ncaused by ${stacks(cause)}` : stack;
