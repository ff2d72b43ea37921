// mail: the server that takes our mails, and whom they are from.
import { z } from 'zod';
import { textWhere, wholeNumber } from '../fields.ts';
import { mailboxProblem } from '../mail/mailbox.ts';
import { smtpUrlProblem } from '../urls.ts';

export const mailSection = z.strictObject({
  smtp_url: textWhere(smtpUrlProblem)
    .optional()
    .describe(
      'smtp://user:password@mail.example.com:587 (STARTTLS) or smtps://…:465. GATEHOUSE_SMTP_URL, and GATEHOUSE_SMTP_URL_FILE, win over it.',
    ),
  from: textWhere(mailboxProblem)
    .optional()
    .describe(
      'An address, or a name and an address: Example <no-reply@example.com>. Default: no-reply@ the host of the issuer.',
    ),
  reply_to: textWhere(mailboxProblem).optional().describe('Where answers go, if anybody reads them.'),
  connections: wholeNumber(1, 20).default(4).describe('To the mail server, of this process, at once.'),
  plaintext_in_production: z
    .boolean()
    .default(false)
    .describe(
      'Production demands TLS of a mail server on another machine unless this is true: links to reset passwords would be read on the way.',
    ),
});
