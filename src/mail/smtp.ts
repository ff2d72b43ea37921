// Hands mails to the mail server.
import { createRequire } from 'node:module';
import type Nodemailer from 'nodemailer';
import type { MailConfig } from '../config/config.ts';
import type { Mailbox } from '../config/mail/mailbox.ts';
import { isLoopback } from '../config/urls.ts';

/** Loaded when there is a mail server. */
const requireLater = createRequire(import.meta.url);

export interface Letter {
  /** The local part of its Message-ID: the same at every attempt. */
  readonly id: string;
  readonly to: string;
  /** BCP 47. */
  readonly language: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface MailServer {
  /** Resolves when the mail server has taken the letter over. @throws whatever prevents that; smtpFailure() reads it. */
  send(letter: Letter, signal?: AbortSignal): Promise<void>;
  /** Connects and signs in, and sends nothing. */
  check(): Promise<void>;
  close(): void;
}

export type SmtpSettings = MailConfig & { readonly smtpUrl: string };

/**
 * Milliseconds. Shorter than RFC 5321 section 4.5.3.2 asks for, but for one thing: between the end of a letter and the
 * answer there may be minutes, and who hangs up then may cause a second copy. ATTEMPT_MS ends all of it (delivery.ts).
 */
const CONNECT_MS = 30_000;
const GREETING_MS = 60_000;
const SILENCE_MS = 180_000;
/** Other servers close idle connections after five minutes, and may do so just when we begin to write. */
const IDLE_MS = 30_000;

export function connectTo(mail: SmtpSettings, product: string): MailServer {
  const url = new URL(mail.smtpUrl);
  const isHere = isLoopback(url);
  const { createTransport } = requireLater('nodemailer') as typeof Nodemailer;
  const transport = createTransport({
    pool: true,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port !== '' && { port: Number(url.port) }),
    secure: url.protocol === 'smtps:',
    requireTLS: mail.tlsRequired,
    // A mail server on this machine has a certificate that nobody signed, and nobody stands between.
    tls: { rejectUnauthorized: !isHere, minVersion: 'TLSv1.2' },
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    maxConnections: mail.connections,
    // Whoever was cut off may have been heard: only the outbox decides about another attempt.
    maxRequeues: 0,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    idleTimeout: IDLE_MS,
    // A letter is text of ours: it names no file and no address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const from = { name: mail.from.name ?? product, address: mail.from.address };
  return {
    async send(letter, signal) {
      if (!PLAIN_ADDRESS.test(letter.to)) throw new Error('not an address of ours');
      await transport.sendMail({
        from,
        to: { name: '', address: letter.to },
        ...(mail.replyTo !== undefined && { replyTo: addressed(mail.replyTo) }),
        envelope: { from: from.address, to: letter.to },
        messageId: `<${letter.id}@${domainOf(from.address)}>`,
        date: letter.date,
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        // RFC 3834: nobody's holiday answer; the second is Exchange's word for it.
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'Content-Language': letter.language,
        },
        ...(signal !== undefined && { signal }),
      });
    },
    async check() {
      await transport.verify();
    },
    close() {
      transport.close();
    },
  };
}

/** Accounts have no other ones; whatever else a caller may write, it stays one recipient. */
const PLAIN_ADDRESS = /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@<>()[\]\\,;:"\p{C}]+$/u;

const addressed = ({ name, address }: Mailbox) => ({ name: name ?? '', address });

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

export interface SmtpFailure {
  /** In words for operators. */
  readonly reason: string;
  /** The server will not have this letter, now or later: 5xx to the recipient or the content. */
  readonly isRefusal: boolean;
}

/** About a letter, not about us: a refused password or sender is ours to mend, and the letters wait for it. */
const ABOUT_THE_LETTER = new Set(['RCPT TO', 'DATA']);

export function smtpFailure(error: unknown): SmtpFailure {
  if (!(error instanceof Error)) return { reason: String(error), isRefusal: false };
  const { code, command, responseCode } = error as { code?: string; command?: string; responseCode?: number };
  const isRefusal = (responseCode ?? 0) >= 500 && ABOUT_THE_LETTER.has(command ?? '');
  const said = error.message.replaceAll(/\s+/g, ' ').trim();
  const where = [command, code].filter((part) => part !== undefined && part !== '').join(' ');
  return { reason: where === '' ? said : `${said} (${where})`, isRefusal };
}
