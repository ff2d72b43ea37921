// What a mail says, as HTML and as text, in its language.
import type { MailMessage } from './messages.ts';

export interface Rendered {
  /** BCP 47: one there are texts in. */
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type MailRenderer = (message: MailMessage, language: string) => Rendered;

export function mailRenderer(_: { readonly product: string }): MailRenderer {
  return (message, language) => {
    const lines = Object.entries(message).map(([name, value]) =>
      typeof value === 'string' ? `${name}: ${value}` : '',
    );
    const text = lines.filter((line) => line !== '').join('\n\n');
    return { language, subject: message.mail.replaceAll('_', ' '), text, html: '' };
  };
}
