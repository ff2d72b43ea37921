// The image of a client: a file we serve, looked into before.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findLogo } from '../../../src/clients/client-logo.ts';
import { configFiles } from '../../support/config-files.ts';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>';

function find(name: string, files: Record<string, string | Buffer>) {
  const { cwd } = configFiles(files);
  const logo = findLogo({ clientFile: join(cwd, 'config/clients/app.yaml'), configDir: join(cwd, 'config') }, name);
  return logo.outcome === 'found' ? logo.file.slice(cwd.length + 1) : logo.problem;
}

test('stands beside the client file, or among the logos', () => {
  expect(find('a.svg', { 'config/clients/a.svg': SVG, 'config/logos/a.svg': SVG })).toBe('config/clients/a.svg');
  expect(find('a.svg', { 'config/logos/a.svg': SVG })).toBe('config/logos/a.svg');
  expect(find('a.svg', {})).toBe('a.svg is neither beside this file nor in the directory logos');
});

test('is at most 256 KiB', () => {
  expect(find('a.svg', { 'config/logos/a.svg': SVG + ' '.repeat(256 * 1024) })).toBe('a.svg is larger than 256 KiB');
});

describe('is what its name says', () => {
  test.each([
    ['a.png', Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1'), 'config/logos/a.png'],
    ['a.webp', 'RIFF1234WEBPVP8 ', 'config/logos/a.webp'],
    ['a.png', SVG, 'a.png is not a PNG image'],
    ['a.webp', 'RIFF1234WAVE', 'a.webp is not a WebP image'],
    ['a.svg', '<html></html>', 'a.svg is not an SVG image'],
  ])('%s', (name, content, expected) => {
    expect(find(name, { [`config/logos/${name}`]: content })).toBe(expected);
  });
});

test.each([
  '<svg><script>alert(1)</script></svg>',
  '<svg onload="alert(1)"></svg>',
  '<svg><rect/onclick=alert(1)></svg>',
  '<svg><a href="javascript:alert(1)"/></svg>',
  '<svg><foreignObject/></svg>',
  '<!DOCTYPE svg [<!ENTITY a "b">]><svg></svg>',
])('carries nothing that runs: %s', (svg) => {
  expect(find('a.svg', { 'config/logos/a.svg': svg })).toBe('a.svg contains active content');
});
