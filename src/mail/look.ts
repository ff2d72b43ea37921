// How mails look: the colours of the pages, written onto each element, and a sheet for programs that read one.
import type { Scheme } from '../config/branding/accent-colours.ts';

/** As in views/assets/style.css; an operator's accent takes the place of ours. */
const LIGHT = {
  ground: '#f5f3ee',
  surface: '#ffffff',
  inset: '#f9f7f3',
  line: '#dad5ca',
  text: '#1d1b18',
  muted: '#5e5a52',
  accent: '#1c5b4c',
  onAccent: '#ffffff',
};
const DARK = {
  ground: '#151412',
  surface: '#1f1d1a',
  inset: '#191815',
  line: '#3b3732',
  text: '#f2efe9',
  muted: '#b5afa4',
  accent: '#86d3bd',
  onAccent: '#0d211b',
};

/** Without quotes: some programs cut an attribute at the first one. */
const SANS = '-apple-system, Segoe UI, Roboto, Ubuntu, Noto Sans, Liberation Sans, Arial, sans-serif';
const MONO = 'ui-monospace, SF Mono, Cascadia Mono, Roboto Mono, Liberation Mono, monospace';

export interface MailLook {
  readonly styles: Readonly<Record<string, string>>;
  readonly sheet: string;
}

export function mailLook(colours: Scheme | undefined, direction: 'ltr' | 'rtl'): MailLook {
  const light = { ...LIGHT, ...colours?.light };
  const dark = { ...DARK, ...colours?.dark };
  const start = direction === 'rtl' ? 'right' : 'left';
  const end = direction === 'rtl' ? 'left' : 'right';
  const text = `font-family: ${SANS}; font-size: 16px; line-height: 1.5; color: ${light.text}; text-align: ${start};`;
  const small = `${text} font-size: 14px; color: ${light.muted};`;
  return {
    styles: {
      ground: `margin: 0; padding: 0; background-color: ${light.ground}; -webkit-text-size-adjust: 100%;`,
      preview: 'display: none; max-height: 0; overflow: hidden; opacity: 0; font-size: 1px; line-height: 1px;',
      around: 'padding: 32px 16px;',
      column: 'width: 100%; max-width: 560px;',
      brand: `${text} padding: 0 0 16px; font-weight: 600; color: ${light.accent};`,
      card: `padding: 32px; background-color: ${light.surface}; border: 1px solid ${light.line}; border-radius: 12px;`,
      heading: `${text} margin: 0 0 16px; font-size: 24px; font-weight: 600; line-height: 1.25;`,
      paragraph: `${text} margin: 0 0 16px; overflow-wrap: anywhere;`,
      code: `margin: 0 0 24px; padding: 16px; font-family: ${MONO}; font-size: 24px; line-height: 1.25; letter-spacing: 0.08em; text-align: center; color: ${light.text}; background-color: ${light.inset}; border: 1px solid ${light.line}; border-radius: 8px;`,
      facts: 'margin: 0 0 16px;',
      factName: `${small} padding: 2px 0; padding-${end}: 16px; white-space: nowrap;`,
      factValue: `${small} padding: 2px 0; color: ${light.text}; overflow-wrap: anywhere;`,
      buttonRow: 'margin: 8px 0 24px;',
      buttonCell: `background-color: ${light.accent}; border-radius: 8px;`,
      button: `display: inline-block; padding: 12px 24px; font-family: ${SANS}; font-size: 16px; font-weight: 600; line-height: 20px; color: ${light.onAccent}; text-decoration: none; border-radius: 8px;`,
      small: `${small} margin: 0 0 4px;`,
      // Words, which break between them; an address may break anywhere.
      words: `color: ${light.accent}; text-decoration: underline;`,
      link: `color: ${light.accent}; text-decoration: underline; overflow-wrap: anywhere; word-break: break-all;`,
      note: `${text} margin: 16px 0 0; overflow-wrap: anywhere;`,
      foot: `${small} padding: 16px 0 0;`,
      footLine: `${small} margin: 0 0 4px;`,
    },
    sheet: [
      ':root { color-scheme: light dark; supported-color-schemes: light dark; }',
      `@media (prefers-color-scheme: dark) { ${darkRules(dark)} }`,
      '@media (max-width: 480px) { .around { padding: 16px 0 !important; } .card { padding: 24px 16px !important; border-radius: 0 !important; border-inline-width: 0 !important; } .brand, .foot, td.muted { padding-inline: 16px !important; } .facts td.muted { padding-inline-start: 0 !important; } }',
    ].join('\n'),
  };
}

const darkRules = (dark: typeof DARK): string =>
  [
    `.ground { background-color: ${dark.ground} !important; }`,
    `.card { background-color: ${dark.surface} !important; border-color: ${dark.line} !important; }`,
    `.heading, .text, .code { color: ${dark.text} !important; }`,
    `.code { background-color: ${dark.inset} !important; border-color: ${dark.line} !important; }`,
    `.muted, .muted p { color: ${dark.muted} !important; }`,
    `.brand, .link { color: ${dark.accent} !important; }`,
    `.button { background-color: ${dark.accent} !important; }`,
    `.button-link { color: ${dark.onAccent} !important; }`,
  ].join(' ');
