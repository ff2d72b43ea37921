// A mail server on loopback that keeps what it is sent: real SMTP, read by a real parser. It refuses, dawdles, hangs and dies when told to.
import type { AddressInfo, Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface ReceivedMail {
  /** Whom the envelope names. */
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets: the same for every copy of one mail. */
  readonly messageId: string;
  /** By lower-case name; the last one where there are several. */
  readonly headers: Readonly<Record<string, string>>;
  readonly source: string;
  readonly parsed: Email;
  /** Whether it came over TLS, and as whom. */
  readonly secure: boolean;
  readonly user: string | undefined;
  /** Counts from 0, over all mails that were taken. */
  readonly index: number;
}

/** At which step of a mail; `data` is the answer to its end. */
export type Step = 'connection' | 'sender' | 'recipient' | 'data';

export interface Mailbox {
  /** For GATEHOUSE_SMTP_URL. */
  readonly url: string;
  readonly port: number;
  /** The next mail to this address that fits, those that are there already among them; waits for it. */
  waitFor(
    address: string,
    fitting?: { subject?: RegExp | string; after?: ReceivedMail; timeoutMs?: number },
  ): Promise<ReceivedMail>;
  all(address?: string): readonly ReceivedMail[];
  clear(): void;
  /** Connections and letters that have been begun, whatever became of them. */
  readonly begun: { readonly connections: number; readonly letters: number };
  /** Takes everything, at once: what it does unless told otherwise. */
  accepts(): void;
  /** Answers with this code (421, 450, 550 …), to all or to some recipients. */
  refuses(code: number, options?: { at?: Step; message?: string; only?: (address: string) => boolean }): void;
  /** Takes everything, each step after so long. */
  isSlow(milliseconds: number): void;
  /** Takes connections and says nothing from this step on. */
  hangs(at?: Step): void;
  /** Takes the letter, and breaks the connection off instead of saying so. */
  breaksOffAfterTaking(): void;
  /** Nobody listens at the port any more. */
  dies(): Promise<void>;
  /** Listens again at the same port, and accepts. */
  comesBack(): Promise<void>;
  close(): Promise<void>;
}

type Behaviour = (at: Step, address: string) => Promise<'go' | 'drop'>;

export interface MailboxOptions {
  /** STARTTLS is offered, or TLS from the first byte, with a certificate for `localhost` that nobody has signed. */
  readonly tls?: 'start' | 'starttls';
  readonly auth?: { readonly user: string; readonly password: string };
  /** 127.0.0.2 is no loopback address to Gatehouse. */
  readonly host?: string;
}

export async function startMailbox({ tls, auth, host = '127.0.0.1' }: MailboxOptions = {}): Promise<Mailbox> {
  let received: ReceivedMail[] = [];
  let taken = 0;
  const begun = { connections: 0, letters: 0 };
  const go: Behaviour = async () => 'go';
  let behaviour = go;
  let sockets = new Set<Socket>();

  const at = (step: Step, address: string, callback: (error?: Error | null) => void): void =>
    void behaviour(step, address).then(
      (what) => (what === 'go' ? callback() : undefined),
      (error: Error) => callback(error),
    );

  const options: SMTPServerOptions = {
    secure: tls === 'start',
    disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(auth === undefined ? ['AUTH'] : [])],
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onAuth({ username, password }, _session, callback) {
      if (username === auth?.user && password === auth?.password) callback(null, { user: username ?? '' });
      else callback(Object.assign(new Error('Authentication failed'), { responseCode: 535 }));
    },
    onConnect(_session, callback) {
      begun.connections += 1;
      at('connection', '', callback);
    },
    onMailFrom({ address }, _session, callback) {
      begun.letters += 1;
      at('sender', address, callback);
    },
    onRcptTo: ({ address }, _session, callback) => at('recipient', address, callback),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const source = Buffer.concat(chunks);
        const parsed = await PostalMime.parse(source);
        const { mailFrom, rcptTo } = session.envelope;
        const take = () => {
          for (const { address } of rcptTo) {
            received.push({
              to: address,
              from: mailFrom === false ? '' : mailFrom.address,
              subject: parsed.subject ?? '',
              text: parsed.text ?? '',
              html: parsed.html ?? '',
              messageId: parsed.messageId ?? '',
              headers: Object.fromEntries(parsed.headers.map(({ key, value }) => [key.toLowerCase(), value])),
              source: source.toString('utf8'),
              parsed,
              secure: session.secure,
              user: typeof session.user === 'string' ? session.user : undefined,
              index: taken++,
            });
          }
        };
        const address = rcptTo[0]?.address ?? '';
        behaviour('data', address).then(
          (what) => {
            if (what === 'drop') return;
            take();
            callback();
          },
          (error: Error) => {
            if (error === BROKEN_OFF) {
              take();
              for (const socket of sockets) socket.destroy();
            } else callback(error);
          },
        );
      });
    },
  };

  let server: SMTPServer;
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server = new SMTPServer(options);
      sockets = new Set();
      // Clients that are cut off are part of the play.
      server.on('error', () => undefined);
      server.server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => undefined);
      });
      server.server.once('error', reject);
      server.listen(port, host, () => resolve());
    });
  const end = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await listen(0);
  const { port } = server!.server.address() as AddressInfo;
  const user = auth === undefined ? '' : `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.password)}@`;

  return {
    url: `${tls === 'start' ? 'smtps' : 'smtp'}://${user}${host}:${port}`,
    port,
    begun,
    all: (address) => received.filter(({ to }) => address === undefined || to === address),
    clear() {
      received = [];
    },
    async waitFor(address, { subject, after, timeoutMs = 20_000 } = {}) {
      const fits = (mail: ReceivedMail) =>
        mail.to === address &&
        mail.index > (after?.index ?? -1) &&
        (subject === undefined ||
          (typeof subject === 'string' ? mail.subject === subject : subject.test(mail.subject)));
      const until = performance.now() + timeoutMs;
      for (;;) {
        const found = received.find(fits);
        if (found !== undefined) return found;
        if (performance.now() > until) {
          const there = received.map(({ to, subject: about }) => `${to}: ${about}`).join('; ') || 'nothing';
          throw new Error(`no mail ${subject ?? ''} to ${address}; there is ${there}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    accepts() {
      behaviour = go;
    },
    refuses(code, { at: step = 'recipient', message = 'not now', only = () => true } = {}) {
      behaviour = async (where, address) => {
        if (where !== step || !only(address)) return 'go';
        throw Object.assign(new Error(message), { responseCode: code });
      };
    },
    isSlow(milliseconds) {
      behaviour = async () => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        return 'go';
      };
    },
    hangs(step = 'connection') {
      behaviour = async (where) => (where === step ? 'drop' : 'go');
    },
    breaksOffAfterTaking() {
      behaviour = async (where) => {
        if (where === 'data') throw BROKEN_OFF;
        return 'go';
      };
    },
    dies: end,
    async comesBack() {
      behaviour = go;
      await listen(port);
    },
    close: end,
  };
}

const BROKEN_OFF = new Error('broken off');

/** One that ends with the test. */
export async function mailboxForTest(options?: MailboxOptions): Promise<Mailbox> {
  const mailbox = await startMailbox(options);
  onTestFinished(() => mailbox.close());
  return mailbox;
}

/** The last address in the text of a mail, or the last that fits. The same stands behind the button. */
export function lastLink({ text, subject }: ReceivedMail, fitting = /./): string {
  const links = [...text.matchAll(/https?:\/\/[^\s<>]+/g)].map(([link]) => link).filter((link) => fitting.test(link));
  const link = links.at(-1);
  if (link === undefined) throw new Error(`no link ${fitting} in the mail "${subject}":\n${text}`);
  return link;
}

/** The code to type, without the space in its middle. */
export function codeIn({ text, subject }: ReceivedMail): string {
  const code = /^\s*(\d{3,5}) ?(\d{3,5})\s*$/m.exec(text);
  if (code === null) throw new Error(`no code in the mail "${subject}":\n${text}`);
  return `${code[1]}${code[2]}`;
}
