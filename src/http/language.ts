// In which language a page is shown: as the request asks, as the person chose, as the browser prefers; else in English.
import type Koa from 'koa';
import { LANGUAGES, type Language, textsIn } from '../texts/messages.ts';
import { PSEUDO_LOCALE } from '../texts/pseudo-locale.ts';
import './state.ts';

/** OpenID Connect Core section 3.1.2.1. Our own switch uses it too. */
const PARAMETER = 'ui_locales';

const COOKIE = 'gatehouse_lang';
/** Over https no neighbouring host can set it (RFC 6265bis section 4.1.3.2). */
const cookieName = (ctx: Koa.Context): string => (ctx.secure ? `__Host-${COOKIE}` : COOKIE);

/** Milliseconds: a year, as browsers keep cookies hardly longer (RFC 6265bis section 5.5 allows 400 days). */
const COOKIE_MS = 365 * 24 * 3600 * 1000;

/** The rest of an absurdly long list changes nothing for an honest app. */
const MAX_RANGES = 20;

/**
 * `ui_locales` of the address (an app's, or what the switch of the page says), then of the request that the page belongs
 * to, then what the person chose at an earlier page, then Accept-Language.
 */
export function languageOf(ctx: Koa.Context): Language {
  const known = knownTo(ctx);
  return (
    lookUp(listed(ctx.query[PARAMETER]), known) ??
    lookUp(listed(ctx.state.uiLocales), known) ??
    lookUp(listed(ctx.cookies.get(cookieName(ctx), { signed: false })), known) ??
    lookUp(ctx.acceptsLanguages(), known) ??
    fallback
  );
}

/** Whoever asks for the pseudo-locale by its name gets it, in development only; it is never offered. */
const knownTo = (ctx: Koa.Context): readonly Language[] =>
  ctx.state.hasPseudoLocale === true ? [...LANGUAGES, PSEUDO_LOCALE] : LANGUAGES;

const [fallback] = LANGUAGES as readonly [Language, ...Language[]];

/**
 * RFC 4647 section 3.4: each range, in order, is cut from its end until it is a language we have (`de-AT` → `de`).
 * Undefined where none fits; `*` fits nothing here.
 */
export function lookUp(ranges: readonly string[], known: readonly Language[] = LANGUAGES): Language | undefined {
  for (const range of ranges.slice(0, MAX_RANGES)) {
    for (let tag = range.toLowerCase(); tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found = known.find((language) => language.toLowerCase() === tag);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const listed = (locales: unknown): readonly string[] => (typeof locales === 'string' ? locales.split(' ') : []);

/** What the person has just chosen with the switch of a page. An app that sends `ui_locales` has chosen nothing for them. */
export const chosenLanguage = (ctx: Koa.Context): Language | undefined =>
  comesFromOurPage(ctx) ? lookUp(listed(ctx.query[PARAMETER]), knownTo(ctx)) : undefined;

/** Fetch Metadata; browsers without it send the Referer, by our own Referrer-Policy (security-headers.ts). */
function comesFromOurPage(ctx: Koa.Context): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  return site === '' ? ctx.get('Referer').startsWith(`${ctx.protocol}://${ctx.host}/`) : site === 'same-origin';
}

/** Keeps the choice in a cookie that says nothing but the language. */
export function rememberLanguage(ctx: Koa.Context): void {
  const chosen = chosenLanguage(ctx);
  if (chosen === undefined) return;
  const options = { maxAge: COOKIE_MS, httpOnly: true, sameSite: 'lax', secure: ctx.secure, signed: false } as const;
  ctx.cookies.set(cookieName(ctx), chosen, { ...options, overwrite: true });
}

export interface LanguageLink {
  readonly tag: Language;
  /** In its own language. */
  readonly name: string;
  /** Undefined for the language that is shown. */
  readonly href: string | undefined;
}

/**
 * Links to this page in each language, with all else that its address says. Empty where there is no address to come back
 * to: a page that answers a form.
 */
export function languageSwitch(ctx: Koa.Context): readonly LanguageLink[] {
  const address = ctx.method === 'GET' || ctx.method === 'HEAD' ? ctx.search : ctx.state.pageAddress;
  if (address === undefined) return [];
  const [path, search] = address.split('?', 2);
  const shown = languageOf(ctx);
  return LANGUAGES.map((tag) => {
    const query = new URLSearchParams(search);
    query.set(PARAMETER, tag);
    // Without a path of its own it stays at the page's: what stands there is the visitor's, and could be `//elsewhere`.
    return { tag, name: textsIn(tag)('page.own_name'), href: tag === shown ? undefined : `${path}?${query}` };
  });
}
