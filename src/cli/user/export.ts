// gatehouse user export: all accounts, as `user import` takes them back.
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { recordEvent } from '../../audit/audit-log.ts';
import { exportAccounts } from '../../moving/export-accounts.ts';
import { type Format, writeRows } from '../../moving/write-rows.ts';
import { commandConfig } from '../configuration.ts';
import { count, neutral, quoted } from '../output.ts';
import { type Answer, type Invocation, remark } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';

export interface ExportRequest {
  readonly format: Format;
  /** Only its owner may read it. Stdout unless stated. */
  readonly out?: string | undefined;
  readonly withPasswordHashes: boolean;
}

export async function exportUsers(invocation: Invocation, request: ExportRequest): Promise<Partial<Answer>> {
  const { terminal } = invocation;
  const config = commandConfig(invocation);
  const attributes = [...config.attributes.keys()];
  const place = request.out === undefined ? undefined : path.resolve(terminal.cwd(), request.out);
  let accounts = 0;
  await withDatabase(config, async (deps) => {
    const details = { format: request.format, credentials: request.withPasswordHashes };
    await recordEvent(deps, { event: 'accounts.exported', actor: 'operator', details });
    const counted = async function* () {
      for await (const record of exportAccounts(deps, request)) {
        accounts += 1;
        yield record;
      }
    };
    const text = Readable.from(writeRows(counted(), { format: request.format, attributes }), { objectMode: false });
    if (place === undefined) await pipeline(text, terminal.stdout, { end: false });
    else await pipeline(text, createWriteStream(place, { mode: 0o600 }));
  });
  if (request.out === undefined) return {};
  remark(invocation, neutral(`Second factors, sessions and consents are not in it.`));
  return {
    result: { accounts, file: request.out },
    text: `${count(accounts, 'account')} in ${quoted(request.out)}.`,
  };
}
