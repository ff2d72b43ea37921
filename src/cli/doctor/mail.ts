// Whether mails can leave: the mail server answers, takes our password, and nothing was given up.
import { listMails } from '../../mail/outbox.ts';
import { connectTo, smtpFailure } from '../../mail/smtp.ts';
import { count } from '../output.ts';
import { type Finding, note, ok, problem } from './finding.ts';
import type { Configured, Connected } from './surroundings.ts';

const CHECK = 'mail';
/** Milliseconds. */
const TIMEOUT_MS = 15_000;

export async function checkMailServer({ config }: Configured): Promise<Finding[]> {
  const { smtpUrl } = config.mail;
  if (smtpUrl === undefined) return [config.mode === 'production' ? missing : shown(config.issuer)];
  const { host } = new URL(smtpUrl);
  const server = connectTo({ ...config.mail, smtpUrl }, config.name);
  try {
    await within(server.check());
    return [
      ok(CHECK, `${host} takes mails from ${config.mail.from.address}; "gatehouse mail test <address>" sends one`),
    ];
  } catch (error) {
    const { reason } = smtpFailure(error);
    return [problem(CHECK, `${host}: ${reason}`, fixOf(error))];
  } finally {
    server.close();
  }
}

const shown = (issuer: string): Finding =>
  note(
    CHECK,
    'No mail server: mails are shown, not sent',
    `See them at ${issuer}/dev/mail, or set GATEHOUSE_SMTP_URL.`,
  );

const missing = note(
  CHECK,
  'No mail server: nobody is told of anything, and forgotten passwords stay forgotten',
  'Set GATEHOUSE_SMTP_URL, or mail.smtp_url in gatehouse.yaml; until then mails wait, for two days each.',
);

/** Dead letters are somebody who was not told. */
export async function checkUndelivered({ database: { db } }: Connected): Promise<Finding[]> {
  const givenUp = (await listMails(db, { limit: 1_000 })).filter(({ state }) => state === 'given_up').length;
  if (givenUp === 0) return [];
  const fix = '"gatehouse mail list" says why; "gatehouse mail retry" tries them again.';
  return [note(CHECK, `${count(givenUp, 'mail was', 'mails were')} given up`, fix)];
}

async function within(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`no answer within ${TIMEOUT_MS / 1000} s`), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(error), TIMEOUT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function fixOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = error instanceof Error ? error.message : '';
  if (code === 'EAUTH') return 'See user and password in GATEHOUSE_SMTP_URL, percent-encoded.';
  if (code === 'EDNS' || /ENOTFOUND|EAI_AGAIN/.test(said))
    return 'The name of the mail server is not known here: see GATEHOUSE_SMTP_URL.';
  if (code === 'ETLS' || /certificate|SSL|TLS|self-signed/i.test(said)) {
    return 'The mail server must speak TLS with a certificate for its name: smtps:// for TLS from the start (465), smtp:// for STARTTLS (587); an authority of your own goes into NODE_EXTRA_CA_CERTS.';
  }
  return 'See host and port in GATEHOUSE_SMTP_URL, and whether a firewall keeps this machine from it.';
}
