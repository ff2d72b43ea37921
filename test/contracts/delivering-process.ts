// A process of its own that tells apps what is in the outbox of a PostgreSQL database: argv has its URL, and the app's.
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createDelivery } from '../../src/logout-notices/delivery.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createOutgoing } from '../../src/outgoing/outgoing.ts';

const [, , url, uri = ''] = process.argv;
const database = await openDatabase({ url, dataDir: '', poolSize: 3 });
const delivery = createDelivery({
  db: database.db,
  clock: systemClock,
  log: createLogger({ level: 'info', format: 'json' }, { write: (line) => void process.stdout.write(line) }),
  receiverOf: () => ({ uri, sessionRequired: false }),
  neighboursOf: () => [],
  tokenFor: async ({ id }) => `e30.${Buffer.from(JSON.stringify({ jti: id })).toString('base64url')}.x`,
  outgoing: createOutgoing({ privateHosts: ['127.0.0.1'] }),
});
delivery.start();
console.log('ready');
// `start` does not keep a process alive by itself.
process.stdin.resume();
