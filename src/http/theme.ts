// The style sheet of an operator's accent colour: what it says stands in place of the same properties of style.css.
import type { AccentColours, Scheme } from '../config/branding/accent-colours.ts';

export const THEME_FILE = 'theme.css';

export const themeSheet = ({ light, dark }: Scheme): string =>
  `:root {\n${properties(light)}}\n\n@media (prefers-color-scheme: dark) {\n:root {\n${properties(dark)}}\n}\n`;

const properties = ({ accent, strong, onAccent, soft }: AccentColours): string =>
  Object.entries({ accent, 'accent-strong': strong, 'on-accent': onAccent, 'accent-soft': soft })
    .map(([name, colour]) => `  --${name}: ${colour};\n`)
    .join('');
