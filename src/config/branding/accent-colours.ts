// One colour of an operator becomes the colours that buttons, links and soft grounds have, in light and in dark.
import { createRequire } from 'node:module';
import type * as Culori from 'culori';
import type { Oklch } from 'culori';

/** Loaded where an operator has chosen a colour. */
const requireLater = createRequire(import.meta.url);
const culori = (): typeof Culori => requireLater('culori') as typeof Culori;

export interface AccentColours {
  /** `#1c5b4c`: links, primary buttons, the focus ring. */
  readonly accent: string;
  /** Under the pointer. */
  readonly strong: string;
  /** Text on a button. */
  readonly onAccent: string;
  /** A ground that is only tinted. */
  readonly soft: string;
}

export interface Scheme {
  readonly light: AccentColours;
  readonly dark: AccentColours;
}

/** Text on its ground, and a link on it: WCAG 2.2 success criterion 1.4.3. A little above, as it is rounded to bytes. */
const LEAST_CONTRAST = 4.6;
const STEP = 0.01;

/** What accents stand on in each scheme: the ground, the surface and the inset of views/assets/style.css. */
const GROUNDS = { light: ['#f5f3ee', '#ffffff', '#f9f7f3'], dark: ['#151412', '#1f1d1a', '#191815'] } as const;

/** The colour as it was chosen where it can be read; otherwise as little darker or lighter as it takes. `chosen`: `#rrggbb`. */
export const accentColours = (chosen: string): Scheme => ({
  light: coloursOn(chosen, { grounds: GROUNDS.light, towards: -1, text: '#ffffff', softness: 0.955 }),
  dark: coloursOn(chosen, { grounds: GROUNDS.dark, towards: 1, text: '#0f0e0c', softness: 0.27 }),
});

interface On {
  readonly grounds: readonly string[];
  /** -1: darker until it can be read; 1: lighter. */
  readonly towards: -1 | 1;
  readonly text: string;
  /** Lightness of the tinted ground (OKLCH, 0 to 1). */
  readonly softness: number;
}

function coloursOn(chosen: string, { grounds, towards, text, softness }: On): AccentColours {
  const soft = hex({ ...lch(chosen), l: softness, c: Math.min(lch(chosen).c, 0.025) });
  const needs = [...grounds, soft, text];
  const accent = shiftedUntil(chosen, towards, (colour) => needs.every((each) => isReadable(colour, each)));
  const strong = hex({ ...lch(accent), l: lch(accent).l + towards * 0.07 });
  return { accent, strong, onAccent: text, soft };
}

/** Black or white at the end of the way is readable on every one of our grounds. */
function shiftedUntil(chosen: string, towards: -1 | 1, isGood: (colour: string) => boolean): string {
  for (let at = lch(chosen); at.l > 0 && at.l < 1; at = { ...at, l: at.l + towards * STEP }) {
    if (isGood(hex(at))) return hex(at);
  }
  return towards === -1 ? '#000000' : '#ffffff';
}

const isReadable = (colour: string, ground: string): boolean => culori().wcagContrast(colour, ground) >= LEAST_CONTRAST;

function lch(colour: string): Oklch {
  const { converter, parse } = culori();
  const parsed = parse(colour);
  if (parsed === undefined) throw new Error(`${colour} is no colour`);
  return converter('oklch')(parsed);
}

const hex = (colour: Oklch): string => culori().formatHex({ ...colour, l: Math.min(1, Math.max(0, colour.l)) });
