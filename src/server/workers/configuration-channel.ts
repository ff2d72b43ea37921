// What is configured, between the primary and its workers: each serves what the primary has read at its start, and the clients that one
// of them took last, so that one in the place of another needs no file, and is no other than the rest.
import type { Worker } from 'node:cluster';
import { deserialize, serialize } from 'node:v8';
import type { ClientRegistry } from '../../clients/client.ts';
import type { LiveClients } from '../../clients/live/live-clients.ts';
import type { Configuration } from '../../clients/load-configuration.ts';
import { frozenCopy } from '../../config/frozen.ts';

/** What they hold has maps, dates and bytes in it, which JSON has not. The line between the two is open to nobody else. */
type Message =
  /** Worker to primary. */
  | { readonly gatehouse: 'configuration?' }
  | { readonly gatehouse: 'clients'; readonly packed: string }
  /** Primary to worker. */
  | { readonly gatehouse: 'configuration'; readonly packed: string };

const packed = (value: Configuration | ClientRegistry): string => serialize(value).toString('base64');
const unpacked = <T extends Configuration | ClientRegistry>(text: string): T =>
  frozenCopy(deserialize(Buffer.from(text, 'base64')) as T);

const kindOf = (message: unknown): Message | undefined =>
  typeof message === 'object' && message !== null && 'gatehouse' in message ? (message as Message) : undefined;

/** For the primary: what is to be done with each worker that it starts. */
export function handOver(first: Configuration): (worker: Worker) => void {
  let { clients } = first;
  return (worker) => {
    worker.on('message', (given: unknown) => {
      const message = kindOf(given);
      if (message?.gatehouse === 'clients') clients = unpacked<ClientRegistry>(message.packed);
      if (message?.gatehouse !== 'configuration?' || !worker.isConnected()) return;
      worker.send({ gatehouse: 'configuration', packed: packed({ ...first, clients }) } satisfies Message);
    });
  };
}

/** For a worker, once. */
export function askConfiguration(): Promise<Configuration> {
  return new Promise((resolve) => {
    const onMessage = (given: unknown) => {
      const message = kindOf(given);
      if (message?.gatehouse !== 'configuration') return;
      process.off('message', onMessage);
      resolve(unpacked<Configuration>(message.packed));
    };
    process.on('message', onMessage);
    process.send?.({ gatehouse: 'configuration?' } satisfies Message);
  });
}

/** For a worker: the primary is told what it serves from now on, if that is not `given` by it. */
export function tellClients({ current, onReplace }: LiveClients, given: ClientRegistry): void {
  const tell = () => {
    if (process.connected) process.send?.({ gatehouse: 'clients', packed: packed(current()) } satisfies Message);
  };
  if (current() !== given) tell();
  onReplace(tell);
}
