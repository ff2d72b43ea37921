// What a mail says, as HTML and as text, in its language.
import { join } from 'node:path';
import type { BrandingConfig } from '../config/config.ts';
import { LANGUAGES, type Language, type Texts, textsIn } from '../texts/messages.ts';
import { PSEUDO_LOCALE } from '../texts/pseudo-locale.ts';
import { type Template, type Templates, templatesIn } from '../texts/templates.ts';
import { type Contents, contentsOf } from './contents.ts';
import { mailLook } from './look.ts';
import type { MailMessage } from './messages.ts';

export interface Rendered {
  /** BCP 47: one there are texts in. */
  readonly language: Language;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where its button leads. */
  readonly link: string | undefined;
}

/** `at`: when the mail was written. */
export type MailRenderer = (message: MailMessage, mail: { language: string; at: Date }) => Rendered;

export interface Sender {
  readonly product: string;
  readonly issuer: string;
  readonly branding: Pick<BrandingConfig, 'colours' | 'supportUrl'>;
  /** Absolute. */
  readonly viewsDir: string;
}

const KNOWN: readonly Language[] = [...LANGUAGES, PSEUDO_LOCALE];

export function mailRenderer(sender: Sender): MailRenderer {
  const templates = templatesIn(join(sender.viewsDir, 'mail'));
  return (message, { language: asked, at }) => {
    const language = KNOWN.find((each) => each === asked) ?? 'en';
    const t = textsIn(language);
    const contents = contentsOf(message, { t, language, product: sender.product, at });
    const letter = { ...frame(sender, t), ...contents };
    const { code, facts = [], notes = [] } = contents;
    const direction = new Intl.Locale(language).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr';
    const html = templateOf(
      templates,
      'letter',
    )({
      ...letter,
      ...mailLook(sender.branding.colours, direction),
      lang: language,
      dir: direction,
      heading: contents.subject,
      preview: contents.paragraphs[0],
      code: code === undefined ? undefined : grouped(code),
      facts,
      notes,
    });
    return { language, subject: oneLine(contents.subject), text: asText(letter), html, link: contents.action?.link };
  };
}

function templateOf(templates: Templates, name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no template ${name}`);
  return template;
}

interface Frame {
  readonly product: string;
  readonly host: string;
  readonly linkHint: string;
  readonly orLink: string;
  readonly support: { readonly text: string; readonly href: string; readonly shown: string } | undefined;
}

function frame({ product, issuer, branding: { supportUrl } }: Sender, t: Texts): Frame {
  const shown = supportUrl?.replace(/^mailto:/, '');
  return {
    product,
    host: new URL(issuer).host,
    linkHint: t('mail.link_hint'),
    orLink: t('mail.or_link'),
    support:
      supportUrl === undefined || shown === undefined
        ? undefined
        : { text: t('mail.support'), href: supportUrl, shown },
  };
}

/** Reads well alone: programs for the blind and for the terminal show nothing else. Each address has a line of its own. */
function asText(letter: Contents & Frame): string {
  const { code, action, second, support, facts = [], notes = [], warning } = letter;
  const parts = [
    letter.subject,
    ...letter.paragraphs,
    ...(code === undefined ? [] : [`    ${grouped(code)}`]),
    ...(facts.length === 0 ? [] : [facts.map(({ name, value }) => `${name}: ${value}`).join('\n')]),
    ...(warning === undefined ? [] : [warning]),
    ...(action === undefined
      ? []
      : [...(code === undefined ? [] : [letter.orLink]), `${action.label}:\n${action.link}`]),
    ...(second === undefined ? [] : [`${second.text} ${second.label}:\n${second.link}`]),
    ...notes,
    `-- \n${letter.because}`,
    ...(support === undefined ? [] : [`${support.text} ${support.shown}`]),
    `${letter.product} · ${letter.host}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `1234 5678`: read and typed more easily; the field takes the space. */
const grouped = (code: string): string =>
  /^\d{6,}$/.test(code) ? `${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}` : code;

/** What people have chosen, a name in a subject among it, begins no header. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');
