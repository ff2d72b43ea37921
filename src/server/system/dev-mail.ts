// Development without a mail server: mails are shown here instead. Production has no such routes.
import type { SealedBox } from '../../crypto/sealed-box.ts';
import type { Db } from '../../database/database.ts';
import { Refusal } from '../../errors.ts';
import { renderPage, textsFor } from '../../http/page.ts';
import { anyone, get, type Handler, type Route, type RouteContext } from '../../http/route.ts';
import { openMessage } from '../../mail/outbox.ts';
import type { MailRenderer } from '../../mail/render.ts';
import { findShownMail, listShownMails } from '../../mail/shown-mails.ts';

export interface DevMailDeps {
  readonly db: Db;
  readonly box: SealedBox;
  readonly render: MailRenderer;
}

export const DEV_MAIL_PATH = '/dev/mail';

/** Newer ones are what somebody looks for. */
const MOST_SHOWN = 100;

/** A mail brings its own styles, on its elements: they may do no more here than in a mail program. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const devMailRoutes = (deps: DevMailDeps): readonly Route[] => [
  get(DEV_MAIL_PATH, anyone, listMails(deps)),
  get(`${DEV_MAIL_PATH}/:id`, anyone, showMail(deps)),
  get(`${DEV_MAIL_PATH}/:id/html`, anyone, showHtml(deps)),
];

const listMails =
  (deps: DevMailDeps): Handler =>
  async (ctx) => {
    const mails = await listShownMails(deps.db, { limit: MOST_SHOWN });
    await renderPage(ctx, 'dev/mails', {
      title: textsFor(ctx)('dev_mail.title'),
      mails: mails.map((mail) => ({
        href: `${DEV_MAIL_PATH}/${mail.id}`,
        to: mail.to,
        subject: deps.render(openMessage(deps.box, mail), { language: mail.language, at: mail.createdAt }).subject,
        at: mail.createdAt,
      })),
    });
  };

const showMail =
  (deps: DevMailDeps): Handler =>
  async (ctx) => {
    const { mail, rendered } = await mailOf(deps, ctx);
    await renderPage(ctx, 'dev/mail', {
      title: rendered.subject,
      to: mail.to,
      at: mail.createdAt,
      mailLanguage: rendered.language,
      link: rendered.link,
      text: rendered.text,
      htmlHref: `${DEV_MAIL_PATH}/${mail.id}/html`,
      listHref: DEV_MAIL_PATH,
    });
  };

const showHtml =
  (deps: DevMailDeps): Handler =>
  async (ctx) => {
    const { rendered } = await mailOf(deps, ctx);
    ctx.set('Content-Security-Policy', MAIL_POLICY);
    ctx.set('Content-Language', rendered.language);
    ctx.type = 'html';
    ctx.body = rendered.html;
  };

async function mailOf({ db, box, render }: DevMailDeps, ctx: RouteContext) {
  const mail = await findShownMail(db, ctx.params['id'] ?? '');
  if (mail === undefined) {
    throw new Refusal({
      code: 'not_found',
      status: 404,
      reason: 'unknown_address',
      message: 'The address may be mistyped, or the page has moved.',
    });
  }
  return { mail, rendered: render(openMessage(box, mail), { language: mail.language, at: mail.createdAt }) };
}
