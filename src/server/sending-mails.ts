// Puts the sending of mails together: where they go, and in what words.
import { join } from 'node:path';
import type Koa from 'koa';
import type { Config } from '../config/config.ts';
import '../http/state.ts';
import { createMailDelivery, type MailRoute } from '../mail/delivery.ts';
import type { MailDeps } from '../mail/outbox.ts';
import { mailRenderer } from '../mail/render.ts';
import { connectTo } from '../mail/smtp.ts';
import type { Logger } from '../observability/logger.ts';
import type { Worker } from '../outbox/worker.ts';
import { ROOT } from './package.ts';

const VIEWS = join(ROOT, 'views');

interface Deps extends MailDeps {
  readonly config: Config;
  readonly log: Logger;
}

export const sendingMails = ({ config, ...deps }: Deps): Worker =>
  createMailDelivery({
    ...deps,
    route: routeOf(config, deps.log),
    render: mailRenderer({ product: config.name, issuer: config.issuer, branding: config.branding, viewsDir: VIEWS }),
  });

/** Who has sent a form may have caused a mail: it leaves at once, not within a second. Nobody waits for it. */
export const wakeAfterForms =
  ({ wake }: Pick<Worker, 'wake'>): Koa.Middleware =>
  async (ctx, next) => {
    await next();
    if (ctx.method === 'POST' && ctx.state.route !== undefined) wake();
  };

function routeOf({ mail, mode, name }: Config, log: Logger): MailRoute {
  const { smtpUrl } = mail;
  if (smtpUrl !== undefined) return { to: 'mail_server', server: connectTo({ ...mail, smtpUrl }, name) };
  if (mode === 'production') {
    log.warn({ event: 'mail.not_configured' }, NOT_CONFIGURED);
    return { to: 'nowhere' };
  }
  return { to: 'development', show: ({ id, to }, { subject }) => log.info({ event: 'mail.shown', id, to, subject }) };
}

const NOT_CONFIGURED =
  'No mail server is configured (GATEHOUSE_SMTP_URL, or mail.smtp_url in gatehouse.yaml): mails wait for it for two days.';
