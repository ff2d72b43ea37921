// Every page in a language that nobody speaks: what can still be read was never in a catalogue.
import { parse } from 'node-html-parser';
import { describe, expect, test } from 'vitest';
import { LANGUAGES, textsIn } from '../../../src/texts/messages.ts';
import { PSEUDO_LOCALE } from '../../../src/texts/pseudo-locale.ts';
import { render } from './render.ts';
import { commonLocals, samples } from './samples.ts';

/** A text of the catalogue; those that stand in others (`{app}`) are data. */
const CATALOGUED = /⟦[^⟦⟧]*⟧/g;

/** Words that are the same in every language, or were written by an operator. */
const NAMES = ['Gatehouse', ...LANGUAGES.map((language) => textsIn(language)('page.own_name'))];

describe.each(samples)('$view, $state', ({ view, locals }) => {
  const html = render(view, locals, PSEUDO_LOCALE);
  // Text within <pre> has markup too.
  const document = parse(html, { blockTextElements: { script: true, style: true } });

  test('is written from right to left', () => {
    const root = document.querySelector('html');
    expect([root?.getAttribute('lang'), root?.getAttribute('dir')]).toEqual([PSEUDO_LOCALE, 'rtl']);
  });

  test('says nothing in words that no catalogue has', () => {
    const given = [...NAMES, ...stringsIn({ ...commonLocals(PSEUDO_LOCALE), ...locals })].sort(
      (a, b) => b.length - a.length,
    );
    const left = textsOf(document).map((text) =>
      given.reduce((rest, value) => rest.replaceAll(value, ' '), text.replaceAll(CATALOGUED, ' ')),
    );
    expect(left.filter((text) => /\p{Script=Latin}{3,}/u.test(text))).toEqual([]);
  });
});

test('a word that is written into a template is found', () => {
  const left = textsOf(parse('<html><p>⟦łöñg⟧ Hello</p></html>')).map((text) => text.replaceAll(CATALOGUED, ' '));
  expect(left.filter((text) => /\p{Script=Latin}{3,}/u.test(text))).toHaveLength(1);
});

/** What is shown and what is read out. Code and addresses are the same everywhere. */
function textsOf(document: ReturnType<typeof parse>): readonly string[] {
  for (const same of document.querySelectorAll('code, svg, time, style')) same.remove();
  const attributes = document
    .querySelectorAll('*')
    .flatMap((element) =>
      ['alt', 'title', 'aria-label', 'placeholder'].map((name) => element.getAttribute(name) ?? ''),
    );
  const shown = document.querySelector('html')?.textContent ?? '';
  return [shown, ...attributes].map((text) => text.replaceAll(/[\u202c\u202e]/g, '').replaceAll(/\s+/g, ' '));
}

/** Every text in the data of a page, in whole and in the parts that pages show: words, and the host of an address. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string' && URL.canParse(value)) return [value, new URL(value).host];
  if (typeof value === 'string')
    return value.trim() === '' ? [] : [value, ...value.split(/\s+/)].filter((part) => part.length > 1);
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];
}
