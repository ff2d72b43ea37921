// Opens the shop's port on both loopback addresses, and closes it without cutting anyone off.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly port: number;
  /** Takes no new requests, lets those under way finish, and cuts what lasts longer than five seconds. */
  close(): Promise<void>;
}

const DRAIN_MILLISECONDS = 5_000;
const LOOPBACKS = ['127.0.0.1', '::1'];

/** Without a host: on 127.0.0.1 and, where the machine has it, ::1, as browsers try both for `localhost`. */
export async function listen(
  listener: RequestListener,
  { port, host }: { port: number; host: string | undefined },
): Promise<Listening> {
  const servers: Server[] = [];
  let actualPort = port;
  try {
    for (const address of host === undefined ? LOOPBACKS : [host]) {
      const server = await listenOn(createServer(listener), { port: actualPort, host: address });
      if (server === undefined) continue;
      servers.push(server);
      actualPort = (server.address() as AddressInfo).port;
    }
  } catch (error) {
    await Promise.all(servers.map(close));
    throw error;
  }
  return {
    port: actualPort,
    close: async () => {
      await Promise.all(servers.map(close));
    },
  };
}

/** Undefined when this machine has no such address. */
function listenOn(server: Server, at: { port: number; host: string }): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT';
      if (isMissing && at.host === '::1') resolve(undefined);
      else reject(error);
    });
    server.listen(at, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MILLISECONDS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
