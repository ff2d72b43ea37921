// A process of its own that sends what is in the outbox of a PostgreSQL database: argv has its URL, and the mail server's.
import path from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createMailDelivery } from '../../src/mail/delivery.ts';
import { mailRenderer } from '../../src/mail/render.ts';
import { connectTo } from '../../src/mail/smtp.ts';
import { createLogger } from '../../src/observability/logger.ts';

const [, , url, smtpUrl = ''] = process.argv;
const database = await openDatabase({ url, dataDir: '', poolSize: 3 });
const mail = {
  smtpUrl,
  from: { name: undefined, address: 'no-reply@auth.example.test' },
  replyTo: undefined,
  connections: 4,
  tlsRequired: false,
  plaintextInProduction: false,
};
const delivery = createMailDelivery({
  db: database.db,
  clock: systemClock,
  box: createSealedBox(Buffer.alloc(32)),
  log: createLogger({ level: 'info', format: 'json' }, { write: (line) => void process.stdout.write(line) }),
  route: { to: 'mail_server', server: connectTo(mail, 'Gatehouse') },
  render: mailRenderer({
    product: 'Gatehouse',
    issuer: 'https://auth.example.test',
    branding: { colours: undefined, supportUrl: undefined },
    viewsDir: path.join(import.meta.dirname, '../../views'),
  }),
});
delivery.start();
console.log('ready');
// `start` does not keep a process alive by itself.
process.stdin.resume();
