// What the hosted pages say, in every language they are in. Texts are data (views/locales); edges name them by key.
import { de, en } from './catalogues.ts';
import { isolateIn } from './isolate.ts';
import { inPseudoLocale, PSEUDO_LOCALE } from './pseudo-locale.ts';

export type MessageKey = keyof typeof en;

/** For a name that comes from elsewhere. */
export const isMessageKey = (key: string): key is MessageKey => Object.hasOwn(CATALOGUES.en, key);

type PluralOf<Key> = Key extends `${infer Base}.other` ? Base : never;

/** A text that counts: in the catalogue as `<key>.one` and `<key>.other`, with `{count}` where the number stands. */
export type CountedKey = PluralOf<MessageKey>;

type Catalogue = Readonly<Record<MessageKey, string>>;

/** A text that is missing in one of them does not compile. */
export const CATALOGUES = { en, de } as const satisfies Readonly<Record<string, Catalogue>>;

export type Language = keyof typeof CATALOGUES | typeof PSEUDO_LOCALE;

/** BCP 47 tags of what is offered to people. The first is for whom no other fits. */
export const LANGUAGES = Object.keys(CATALOGUES) as readonly (keyof typeof CATALOGUES)[];

const catalogueOf = (language: Language): Catalogue =>
  language === PSEUDO_LOCALE ? inPseudoLocale(en) : CATALOGUES[language];

export type Values = Readonly<Record<string, string>>;

/** A piece of a text: what the catalogue says, or the value that stands in the place of `{name}`. */
export interface Part {
  readonly text: string;
  readonly name?: string;
}

export interface Texts {
  /**
   * Plain text, never markup: whoever shows it escapes it. Values of the other writing direction are isolated in it.
   * @throws Error for a key that is not in the catalogue, and for a value that is missing
   */
  (key: MessageKey, values?: Values): string;
  /** The same in pieces, for a page that sets the values apart. */
  readonly parts: (key: MessageKey, values?: Values) => readonly Part[];
  /**
   * The form for so many (`1 device`, `3 devices`), with `count` written as the language does.
   * @throws Error for a key that is not in the catalogue
   */
  readonly count: (key: CountedKey, count: number, values?: Values) => string;
  /** `1,234.5` */
  readonly number: (value: number) => string;
  /** `one, two and three` */
  readonly list: (items: readonly string[]) => string;
  /** From now: `in 9 minutes`. */
  readonly inTime: (seconds: number) => string;
}

const made = new Map<Language, Texts>();

export function textsIn(language: Language): Texts {
  const texts = made.get(language) ?? makeTexts(language, catalogueOf(language));
  made.set(language, texts);
  return texts;
}

function makeTexts(language: Language, catalogue: Catalogue): Texts {
  const split = new Map<string, readonly Part[]>();
  // Each takes milliseconds to make, and most pages need none.
  const time = onceAsked(() => new Intl.RelativeTimeFormat(language));
  const plural = onceAsked(() => new Intl.PluralRules(language));
  const number = onceAsked(() => new Intl.NumberFormat(language));
  const list = onceAsked(() => new Intl.ListFormat(language));
  const isolate = isolateIn(language);
  const has = (key: string): key is MessageKey => Object.hasOwn(catalogue, key);
  const piecesOf = (key: string): readonly Part[] => {
    const pieces = split.get(key) ?? splitText(has(key) ? catalogue[key] : unknownText(key));
    split.set(key, pieces);
    return pieces;
  };
  const parts = (key: MessageKey, values: Values = {}): readonly Part[] => {
    return piecesOf(key).map((piece) =>
      piece.name === undefined ? piece : { ...piece, text: placed(values, key, piece.name) },
    );
  };
  const say = (key: MessageKey, values?: Values): string =>
    parts(key, values)
      .map(({ text, name: value }) => (value === undefined ? text : isolate(text)))
      .join('');
  const formOf = (key: CountedKey, count: number): string => {
    const form = `${key}.${plural().select(count)}`;
    return has(form) ? form : `${key}.other`;
  };
  return Object.assign(say, {
    parts,
    count: (key: CountedKey, count: number, values: Values = {}) =>
      say(formOf(key, count) as MessageKey, { ...values, count: number().format(count) }),
    number: (value: number) => number().format(value),
    list: (items: readonly string[]) => list().format(items.map(isolate)),
    inTime: (seconds: number) => time().format(...rounded(seconds)),
  });
}

const unknownText = (key: string): never => {
  throw new Error(`no text ${key}`);
};

function onceAsked<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** `Back to {app}` → `Back to `, and the place of a value. */
function splitText(text: string): readonly Part[] {
  const pieces = text
    .split(/\{(\w+)\}/)
    .map((piece, at) => (at % 2 === 0 ? { text: piece } : { text: '', name: piece }));
  return pieces.filter(({ text: piece, name }: Part) => piece !== '' || name !== undefined);
}

function placed(values: Values, key: string, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw new Error(`the text ${key} needs a value for ${name}`);
  return value;
}

/** Rounded up, so that nobody is told to come back too early. */
function rounded(seconds: number): [amount: number, unit: 'second' | 'minute' | 'hour'] {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 90) return [whole, 'second'];
  return whole < 5400 ? [Math.ceil(whole / 60), 'minute'] : [Math.ceil(whole / 3600), 'hour'];
}
