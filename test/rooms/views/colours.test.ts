// The colours of both schemes can be read: 4.5:1 for text, 3:1 for the edges of controls (WCAG 2.2, 1.4.3 and 1.4.11).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { viewsFolder } from './render.ts';

const css = readFileSync(join(viewsFolder, 'assets/style.css'), 'utf8');
const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(
  ([, body]) =>
    new Map([...(body ?? '').matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, value]) => [name!, value!])),
);
const schemes = [
  ['light', light!],
  ['dark', dark!],
] as const;

const texts: readonly (readonly [string, readonly string[]])[] = [
  ['text', ['ground', 'surface', 'inset']],
  ['muted', ['ground', 'surface', 'inset']],
  ['accent', ['ground', 'surface', 'inset', 'accent-soft']],
  ['accent-strong', ['ground', 'surface', 'inset']],
  ['on-accent', ['accent', 'accent-strong']],
  ['danger', ['surface', 'danger-soft']],
  ['warning', ['surface', 'warning-soft']],
  ['success', ['ground', 'surface']],
];
const pairs = schemes.flatMap(([scheme, colours]) =>
  texts.flatMap(([text, grounds]) => grounds.map((ground) => [scheme, text, ground, colours] as const)),
);

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright! + 0.05) / (dim! + 0.05);
}

test('black on white is the greatest contrast there is', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
});

test.each(pairs)('in the %s scheme, %s on %s can be read', (_, text, ground, colours) => {
  expect(contrast(colours.get(text)!, colours.get(ground)!)).toBeGreaterThanOrEqual(4.5);
});

test.each(schemes)('in the %s scheme, the edges of controls and the focus ring can be seen', (_, colours) => {
  for (const ground of ['surface', 'inset', 'ground']) {
    expect(contrast(colours.get('control')!, colours.get(ground)!)).toBeGreaterThanOrEqual(3);
    expect(contrast(colours.get('accent')!, colours.get(ground)!)).toBeGreaterThanOrEqual(3);
  }
});

test('the style sheet is one small file that loads nothing else and uses only colours both schemes have', () => {
  expect(Buffer.byteLength(css)).toBeLessThanOrEqual(14 * 1024);
  expect(css).not.toMatch(/@import|url\(/);
  expect([...dark!.keys()].sort()).toEqual([...light!.keys()].sort());
});
