// Layout is said in start and end, block and inline: a page from right to left needs no sheet of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { viewsFolder } from './render.ts';

const assets = join(viewsFolder, 'assets');

const PHYSICAL =
  /^\s*(?:(?:margin|padding|border)-(?:left|right)\b|(?:left|right)\s*:|(?:float|clear|text-align)\s*:\s*(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius)/;

const physicalIn = (css: string): readonly string[] => css.split('\n').filter((line) => PHYSICAL.test(line));

test.each(readdirSync(assets).filter((name) => name.endsWith('.css')))('%s knows neither left nor right', (name) => {
  expect(physicalIn(readFileSync(join(assets, name), 'utf8'))).toEqual([]);
});

test('a side that is named is found', () => {
  const planted =
    '  margin-left: 4px;\n  text-align: right;\n  left: 0;\n  margin-inline-start: 4px;\n  text-align: start;';
  expect(physicalIn(planted)).toHaveLength(3);
});
