// The dump of the embedded database: asked for, looked into, unpacked.
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { attachOrStartEmbedded } from '../embedded.ts';
import { SOCKET_NAME } from '../socket-directory.ts';
import { DUMP_REQUEST } from '../wire-protocol.ts';
import { payloadOf } from './backup-file.ts';
import type { Contents } from './contents.ts';
import { contentsIn } from './embedded-dump.ts';
import { BackupRefused } from './refused.ts';

/** Of the database in this data directory, whether a server runs on it or not. */
export async function dumpEmbedded(dataDir: string, payload: Writable): Promise<Contents> {
  const embedded = await attachOrStartEmbedded({ dataDir });
  const gzip = createGzip({ level: 4 });
  const compressed = pipeline(gzip, payload, { end: false });
  try {
    const [contents] = await Promise.all([receiveDump(embedded.socketDirectory, gzip), compressed]);
    return contents;
  } catch (error) {
    gzip.destroy();
    await compressed.catch(() => undefined);
    throw error;
  } finally {
    await embedded.close();
  }
}

/** Ends `tar` when it is complete. */
async function receiveDump(socketDirectory: string, tar: Writable): Promise<Contents> {
  const socket = connect(path.join(socketDirectory, SOCKET_NAME));
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(DUMP_REQUEST, 4);
  socket.write(request);
  let head = Buffer.alloc(0);
  let expected: (Contents & { bytes: number }) | undefined;
  let received = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let rest = chunk;
    if (expected === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head[0] !== '{'.charCodeAt(0)) throw olderServer();
      const end = head.indexOf('\n');
      if (end === -1) continue;
      expected = JSON.parse(head.subarray(0, end).toString());
      rest = head.subarray(end + 1);
    }
    received += rest.length;
    if (!tar.write(rest)) await once(tar, 'drain');
  }
  if (expected === undefined || expected.bytes !== received) throw new Error('the dump ended before it was complete');
  tar.end();
  const { bytes: _, ...contents } = expected;
  return contents;
}

const olderServer = (): BackupRefused =>
  new BackupRefused(
    'server_older',
    'The server that runs on this database is an older Gatehouse, which cannot hand out a backup: restart or stop it first.',
  );

/** Opens the dump in memory. */
export async function contentsOfDump(file: string): Promise<Contents> {
  const pglite = await openedFrom(file, undefined);
  try {
    return await contentsIn(pglite);
  } finally {
    await pglite.close();
  }
}

/** Unpacks it into a directory that is not there yet. */
export async function unpackDump(file: string, directory: string): Promise<void> {
  await (await openedFrom(file, directory)).close();
}

async function openedFrom(file: string, directory: string | undefined): Promise<PGlite> {
  const loadDataDir = new Blob([await buffer(payloadOf(file))]);
  try {
    return await PGlite.create({ loadDataDir, ...(directory === undefined ? {} : { dataDir: directory }) });
  } catch (cause) {
    throw new BackupRefused('backup_broken', `${file} cannot be opened by this version of the embedded database.`, {
      cause,
    });
  }
}
