// Speaks PostgreSQL's wire protocol on a unix socket for PGlite, which has one session only. Clients take turns, and a turn
// is everything up to a Sync or a simple query: with single messages one client would bind its values to another's statement.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { type Dump, sendDump, takeDump } from './backups/embedded-dump.ts';
import { type Client, createTurnstile, type Turnstile } from './embedded-turnstile.ts';
import { fatalError, readStartup, readTurn, startupPacket } from './wire-protocol.ts';

export interface ClientListener {
  clients(): number;
  /** New clients are refused; those connected go on. */
  stopListening(): void;
  /** Ends every connection and rolls back what was open. */
  disconnectAll(): Promise<void>;
}

export async function listenForClients(pglite: PGlite, socketPath: string): Promise<ClientListener> {
  const turnstile = createTurnstile({
    run: (bytes, onAnswer) => runOn(pglite, bytes, onAnswer),
    isInTransaction: () => pglite.isInTransaction(),
  });
  // The session's parameters are the same for everyone, so nobody has to wait for a turn to be greeted.
  const greeting = Buffer.from(await pglite.execProtocolRaw(startupPacket('postgres')));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, { greeting, turnstile, dump: () => turnstile.alone(() => takeDump(pglite)) });
  });
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  return {
    clients: () => sockets.size,
    stopListening: () => server.close(),
    async disconnectAll() {
      const gone = [...sockets].map((socket) => new Promise((resolve) => socket.destroy().once('close', resolve)));
      await Promise.all(gone);
      await turnstile.settled();
    },
  };
}

/** A failing statement is an answer like any other; what is thrown is the end of PGlite, and of this thread. */
async function runOn(pglite: PGlite, bytes: Uint8Array, onAnswer: (bytes: Uint8Array) => void): Promise<void> {
  try {
    await pglite.runExclusive(() => pglite.execProtocolRawStream(bytes, { onRawData: onAnswer }));
  } catch (cause) {
    const reason = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause;
    throw new Error(`PGlite ended: ${reason}`, { cause });
  }
}

interface Serving {
  readonly greeting: Buffer;
  readonly turnstile: Turnstile;
  readonly dump: () => Promise<Dump>;
}

function serve(socket: Socket, { greeting, turnstile, dump }: Serving): void {
  const client: Client = {
    answer: (bytes) => {
      // The bytes are PGlite's own memory, which the next answer overwrites.
      if (socket.writable) socket.write(Buffer.from(bytes));
    },
    dismiss: (code, reason) => {
      socket.end(fatalError(code, reason));
      socket.destroySoon();
    },
  };
  let unread = Buffer.alloc(0);
  let greeted = false;

  const readOne = (): number => {
    if (!greeted) {
      const startup = readStartup(unread);
      if (startup?.kind === 'encryption') socket.write('N');
      if (startup?.kind === 'cancel') socket.destroy();
      if (startup?.kind === 'dump') {
        // Whoever asked sees that less came than was announced.
        dump()
          .then((taken) => sendDump(socket, taken))
          .catch(() => socket.destroy());
      }
      if (startup?.kind === 'startup') {
        greeted = true;
        socket.write(greeting);
      }
      return startup?.length ?? 0;
    }
    const turn = readTurn(unread);
    if (turn?.kind === 'goodbye') socket.end();
    else if (turn !== undefined) turnstile.enter(client, turn);
    return turn?.bytes.length ?? 0;
  };

  socket.on('data', (data) => {
    unread = Buffer.concat([unread, data]);
    for (let read = readOne(); read > 0; read = readOne()) unread = unread.subarray(read);
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => turnstile.leave(client));
}
