// Where the embedded database's socket is. Whoever can open it is superuser, so its directory is always 0700.
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** pg looks for this name in the directory it is given as host. */
export const SOCKET_NAME = '.s.PGSQL.5432';

/** Bytes. sun_path holds 108 on Linux and 104 elsewhere, the closing NUL included. */
const SOCKET_PATH_BYTES = 103;

const fits = (directory: string): boolean => Buffer.byteLength(path.join(directory, SOCKET_NAME)) <= SOCKET_PATH_BYTES;

/** The database's own directory, or one under the system's temporary directory when that path is too long for a socket. */
export function makeSocketDirectory(directory: string): string {
  if (fits(directory)) return directory;
  const short = [tmpdir(), '/tmp'].find((parent) => fits(path.join(parent, 'gatehouse-XXXXXX'))) ?? '/tmp';
  return mkdtempSync(path.join(short, 'gatehouse-'));
}

export function removeSocketDirectory(directory: string, socketDirectory: string): void {
  rmSync(path.join(socketDirectory, SOCKET_NAME), { force: true });
  if (socketDirectory === directory) return;
  try {
    rmdirSync(socketDirectory);
  } catch {
    // Gone already, or somebody else's files are in it.
  }
}
