// Names that stand in a sentence of the other writing direction: set apart, so that neither turns the other around.

/** Hebrew, Arabic, Syriac, Thaana, N'Ko and the others that are written from right to left (UAX #9, R and AL). */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const WRITTEN_RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar', 'fa', 'he', 'ur']);

/** U+2068 FIRST STRONG ISOLATE to U+2069 POP DIRECTIONAL ISOLATE; nothing of it is seen. */
export type Isolate = (value: string) => string;

/** Where language and value go the same way the value stays as it is. */
export function isolateIn(language: string): Isolate {
  const isRightToLeft = WRITTEN_RIGHT_TO_LEFT.has(language.split('-')[0] ?? '');
  return (value) => (isRightToLeft || RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value);
}
