// The embedded database as one file, sent by the thread that has it open.
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { PGlite } from '@electric-sql/pglite';
import { type Contents, contentsOf } from './contents.ts';

export interface Dump {
  readonly contents: Contents;
  /** Of the directory. Whoever asked compresses it, as everybody waits while it is made. */
  readonly tar: Blob;
}

/** The caller keeps everybody else away. */
export async function takeDump(pglite: PGlite): Promise<Dump> {
  const contents = await contentsIn(pglite);
  await pglite.exec('checkpoint');
  return { contents, tar: await pglite.dumpDataDir('none') };
}

export const contentsIn = (pglite: PGlite): Promise<Contents> =>
  contentsOf(async (statement) => (await pglite.query(statement)).rows);

/** One line of JSON, then the tar. */
export async function sendDump(socket: Socket, { contents, tar }: Dump): Promise<void> {
  socket.write(`${JSON.stringify({ ...contents, bytes: tar.size })}\n`);
  await pipeline(tar.stream(), socket);
}
