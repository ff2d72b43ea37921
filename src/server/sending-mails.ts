// Puts the sending of mails together: where they go, and in what words.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Route } from '../http/route.ts';
import { createMailDelivery, type MailRoute } from '../mail/delivery.ts';
import type { MailDeps } from '../mail/outbox.ts';
import { mailRenderer } from '../mail/render.ts';
import { connectTo } from '../mail/smtp.ts';
import type { Logger } from '../observability/logger.ts';
import type { Worker } from '../outbox/worker.ts';
import { ROOT } from '../package.ts';
import { DEV_MAIL_PATH, devMailRoutes } from './system/dev-mail.ts';

const VIEWS = join(ROOT, 'views');

interface Deps extends MailDeps {
  readonly config: Config;
  readonly log: Logger;
  /** Whether this process says that there is no mail server. */
  readonly says: boolean;
}

export interface SendingMails extends Worker {
  /** Where development shows mails; none in production, and none where there is a mail server. */
  readonly routes: readonly Route[];
}

export function sendingMails({ config, says, ...deps }: Deps): SendingMails {
  const render = mailRenderer({
    product: config.name,
    issuer: config.issuer,
    branding: config.branding,
    viewsDir: VIEWS,
  });
  const route = routeOf(config, deps.log, says);
  const routes = route.to === 'development' ? devMailRoutes({ ...deps, render }) : [];
  return { ...createMailDelivery({ ...deps, route, render }), routes };
}

function routeOf({ mail, mode, name, issuer }: Config, log: Logger, says: boolean): MailRoute {
  const { smtpUrl } = mail;
  if (smtpUrl !== undefined) return { to: 'mail_server', server: connectTo({ ...mail, smtpUrl }, name) };
  if (mode === 'production') {
    if (says) log.warn({ event: 'mail.not_configured' }, NOT_CONFIGURED);
    return { to: 'nowhere' };
  }
  return {
    to: 'development',
    // With the link, so that a terminal is enough. This is no line of production.
    show: ({ id, to }, { subject, link }) =>
      log.info({ event: 'mail.shown', to, subject, link, page: `${issuer}${DEV_MAIL_PATH}/${id}` }),
  };
}

const NOT_CONFIGURED =
  'No mail server is configured (GATEHOUSE_SMTP_URL, or mail.smtp_url in gatehouse.yaml): mails wait for it for two days.';
