// What holds for every page in every state: it can be read, operated and trusted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CATALOGUES, LANGUAGES } from '../../../src/texts/messages.ts';
import { type Element, elementsOf } from './markup.ts';
import { pages, render, templates, viewsFolder } from './render.ts';
import { samples } from './samples.ts';

const named = LANGUAGES.flatMap((language) =>
  samples.map((sample) => [`${sample.view}, ${sample.state}, ${language}`, sample, language] as const),
);

function only(elements: readonly Element[], ...tags: string[]): Element[] {
  return elements.filter((element) => tags.includes(element.tag));
}

function inside(elements: readonly Element[], parent: Element): Element[] {
  return elements.filter((element) => element.ancestors.includes(parent));
}

function isShown(element: Element): boolean {
  return element.attributes.get('type') !== 'hidden' && element.attributes.get('aria-hidden') !== 'true';
}

test('every page has at least one sample', () => {
  expect(pages.filter((page) => !samples.some((sample) => sample.view === page))).toEqual([]);
});

describe.each(named)('%s', (_, sample, language) => {
  const html = render(sample.view, sample.locals, language);
  const elements = elementsOf(html);
  const ids = elements.flatMap((element) => element.attributes.get('id') ?? []);

  test('says its language, its title and one heading, in one main part', () => {
    expect(html).toMatch(/^<!DOCTYPE html>/i);
    expect(only(elements, 'html')[0]?.attributes.get('lang')).toBe(language);
    expect(only(elements, 'title')[0]?.text).toMatch(/Gatehouse$/);
    expect(only(elements, 'h1').map((heading) => heading.text !== '')).toEqual([true]);
    expect(only(elements, 'main')).toHaveLength(1);
  });

  test('is in this language alone, with a value in every place', () => {
    expect(html).not.toMatch(/\{\w+\}/);
    const given = JSON.stringify(sample.locals);
    const text = only(elements, 'html')[0]?.text ?? '';
    const others = LANGUAGES.filter((other) => other !== language).flatMap((other) => Object.values(CATALOGUES[other]));
    const sentences = others.filter((each) => each.includes(' ') && !each.includes('{') && !given.includes(each));
    expect(sentences.filter((each) => text.includes(each))).toEqual([]);
  });

  test('leads to the same page in every other language', () => {
    const links = only(elements, 'a').filter((link) => link.attributes.has('hreflang'));
    expect(links.map((link) => link.attributes.get('hreflang'))).toEqual(LANGUAGES.filter((each) => each !== language));
  });

  test('has nothing that the content security policy would block', () => {
    expect(only(elements, 'style', 'iframe', 'object', 'base')).toEqual([]);
    const names = elements.flatMap((element) => [...element.attributes.keys()]);
    expect(names.filter((name) => name === 'style' || name.startsWith('on'))).toEqual([]);
    for (const script of only(elements, 'script')) expect(script.attributes.get('src')).toBe('/assets/page.js');
    for (const loaded of only(elements, 'link')) expect(loaded.attributes.get('href')).toMatch(/^\/assets\//);
    for (const image of only(elements, 'img')) expect(image.attributes.get('src')).toMatch(/^\/[^/]/);
    expect(html).not.toMatch(/(href|src|action)="(javascript|data):/i);
  });

  test('posts every form back to us with the token against forgery; what only asks carries none', () => {
    for (const form of only(elements, 'form')) {
      expect(form.attributes.get('action')).toMatch(/^\/[^/]/);
      if (form.attributes.get('role') === 'search') {
        expect(form.attributes.get('method')).toBe('get');
        expect(only(inside(elements, form), 'input').filter((input) => !isShown(input))).toEqual([]);
        continue;
      }
      expect(form.attributes.get('method')).toBe('post');
      const tokens = only(inside(elements, form), 'input').filter((input) =>
        ['csrf', 'xsrf'].includes(input.attributes.get('name') ?? ''),
      );
      expect(tokens.map((token) => (token.attributes.get('value') ?? '').length > 10)).toEqual([true]);
    }
  });

  test('sends a typed form by its main button when Enter is pressed', () => {
    for (const form of only(elements, 'form')) {
      const within = inside(elements, form);
      if (!only(within, 'input').some(isShown)) continue;
      const submits = only(within, 'button').filter((button) => button.attributes.get('type') === 'submit');
      expect(submits).toHaveLength(1);
      const isSearch = form.attributes.get('role') === 'search';
      if (!isSearch) expect(submits[0]?.attributes.get('class')).toContain('button-primary');
    }
  });

  test('names every field and resolves every reference', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const labelled = only(elements, 'label').map((label) => label.attributes.get('for'));
    for (const input of only(elements, 'input').filter(isShown)) {
      expect(labelled).toContain(input.attributes.get('id'));
      if (input.attributes.get('type') !== 'checkbox') expect(input.attributes.get('autocomplete')).toBeTruthy();
      expect(input.attributes.has('placeholder')).toBe(false);
    }
    for (const element of elements) {
      for (const name of ['aria-describedby', 'aria-controls', 'for', 'data-copy', 'data-reveal']) {
        for (const id of element.attributes.get(name)?.split(' ') ?? []) expect(ids).toContain(id);
      }
      const href = element.attributes.get('href');
      if (href?.startsWith('#')) expect(ids).toContain(href.slice(1));
    }
  });

  test('gives every button and link words, every picture an alternative, and the focus to one place', () => {
    for (const control of only(elements, 'button', 'a')) expect(control.text).not.toBe('');
    for (const button of only(elements, 'button')) expect(button.attributes.get('type')).toMatch(/^(submit|button)$/);
    for (const image of only(elements, 'img')) expect(image.attributes.has('alt')).toBe(true);
    expect(elements.filter((element) => element.attributes.has('autofocus')).length).toBeLessThanOrEqual(1);
  });

  test('shows no button that only script could work', () => {
    const scripted = only(elements, 'button').filter((button) => button.attributes.get('type') === 'button');
    for (const button of scripted) expect(button.attributes.has('hidden')).toBe(true);
  });

  test('never sends a password back', () => {
    for (const input of only(elements, 'input')) {
      if (input.attributes.get('type') === 'password') expect(input.attributes.has('value')).toBe(false);
    }
  });
});

test('only the QR code, our own drawing, is written unescaped', () => {
  const raw = templates.flatMap((page) =>
    readFileSync(join(viewsFolder, `${page}.pug`), 'utf8')
      .split('\n')
      .filter((line) => /!=(?!=)|!\{/.test(line))
      .map((line) => `${page}: ${line.trim()}`),
  );
  expect(raw).toEqual(['mixins/enrolment: != qrSvg']);
});
