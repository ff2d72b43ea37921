// gatehouse audit export: all of it, or what is asked for, to stdout or into a new file.
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { recordEvent } from '../../audit/audit-log.ts';
import { type ExportFormat, exportEvents } from '../../audit/export-events.ts';
import { commandConfig } from '../configuration.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation, Terminal } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { type FilterOptions, filtersFrom } from './filters.ts';

export interface Exported extends FilterOptions {
  readonly format: ExportFormat;
  readonly out?: string;
}

/** With stdout the events are the answer, and nothing else is. */
export const exportAudit = (invocation: Invocation, { format, out, ...options }: Exported): Promise<Partial<Answer>> =>
  withDatabase(commandConfig(invocation), async ({ db, clock }) => {
    const { terminal } = invocation;
    const filters = await filtersFrom(db, options);
    // Before it begins: who has had the half of it has had it.
    const details = { format, filters: { ...options } };
    await recordEvent({ db, clock }, { event: 'audit.exported', actor: 'operator', details });
    const events = exportEvents(db, { filters, format });
    if (out === undefined) {
      await toStdout(terminal, events);
      return {};
    }
    const file = resolve(terminal.cwd(), out);
    await pipeline(events, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    return { result: { file, format }, text: `Wrote ${quoted(file)}.` };
  });

async function toStdout({ stdout }: Terminal, events: Readable): Promise<void> {
  try {
    await pipeline(events, stdout, { end: false });
  } catch (error) {
    // A reader that has seen enough (`| head`) is no failure.
    if (!isGivenUp(error)) throw error;
  }
}

const isGivenUp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code));
