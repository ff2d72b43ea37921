// In which language a page is shown: as the request asks, as the person chose, as the browser prefers; else in English.
import type Koa from 'koa';
import { LANGUAGES, type Language } from './messages.ts';
import './state.ts';

const [FALLBACK] = LANGUAGES as readonly [Language, ...Language[]];

/** The rest of an absurdly long list changes nothing for an honest app. */
const MAX_RANGES = 20;

export function languageOf(ctx: Koa.Context): Language {
  return (
    lookUp(inList(ctx.query[PARAMETER])) ??
    lookUp(inList(ctx.state.uiLocales)) ??
    lookUp(ctx.acceptsLanguages()) ??
    FALLBACK
  );
}

/** OpenID Connect Core section 3.1.2.1, ui_locales. */
const PARAMETER = 'ui_locales';

const inList = (locales: unknown): readonly string[] => (typeof locales === 'string' ? locales.split(' ') : []);

/**
 * RFC 4647 section 3.4: each range, in order, is cut from its end until it is a language we have (`de-AT` → `de`).
 * Undefined where none fits; `*` fits nothing here.
 */
export function lookUp(ranges: readonly string[]): Language | undefined {
  for (const range of ranges.slice(0, MAX_RANGES)) {
    const subtags = range.toLowerCase().split('-');
    // A single letter announces what follows it and says nothing alone, but no tag of ours has one to be mistaken for.
    for (let length = subtags.length; length > 0; length -= 1) {
      const tag = subtags.slice(0, length).join('-');
      const found = LANGUAGES.find((language) => language.toLowerCase() === tag);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
