// The language that was noted for somebody, as one that there are texts in: what was noted may be another release's.
import { LANGUAGES, type Language } from './messages.ts';

/** The first language where none was noted. */
export const storedLanguage = (tag: string | undefined): Language =>
  LANGUAGES.find((language) => language === tag) ?? LANGUAGES[0] ?? 'en';
