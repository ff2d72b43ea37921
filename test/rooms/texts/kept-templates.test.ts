// What templates have been compiled to is kept for the next start, and believed only where it is whole, ours, and of these texts.
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keptTemplates } from '../../../src/texts/kept-templates.ts';
import { templatesIn } from '../../../src/texts/templates.ts';
import { folderOf } from '../http/support.ts';

const VIEWS = {
  'mixins/greeting.pug': 'mixin greeting(name)\n  p Hello #{name}',
  'people/hello.pug': 'include ../mixins/greeting\n+greeting(name)',
};

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const said = (views: string, keptIn: string | undefined) =>
  templatesIn(views, { keptIn }).get('people/hello')?.({ name: '<Jane>' });

const keptFile = (keptIn: string) => join(keptIn, 'templates', 'people.hello.pug.js');
/** Another one whenever it is written anew. */
const inodeOf = (file: string) => statSync(file).ino;

describe('compiled templates', () => {
  test('are used by the next start, and written once', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    const first = inodeOf(keptFile(keptIn));
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    expect(inodeOf(keptFile(keptIn))).toBe(first);
    expect(readdirSync(join(keptIn, 'templates'))).toEqual(['people.hello.pug.js']);
  });

  test('are made anew when a text that they take in has changed', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    said(views, keptIn);
    writeFileSync(join(views, 'mixins/greeting.pug'), 'mixin greeting(name)\n  p Welcome #{name}');
    expect(said(views, keptIn)).toBe('<p>Welcome &lt;Jane&gt;</p>');
    expect(said(views, keptIn)).toBe('<p>Welcome &lt;Jane&gt;</p>');
  });

  test.each([
    ['has something added', (file: string) => appendFileSync(file, '\nprocess.exit(1);')],
    ['is torn', (file: string) => writeFileSync(file, '// 00')],
    ['is empty', (file: string) => writeFileSync(file, '')],
  ])('are made anew where a file %s', (_, spoil) => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    said(views, keptIn);
    spoil(keptFile(keptIn));
    const spoilt = inodeOf(keptFile(keptIn));
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    expect(inodeOf(keptFile(keptIn))).not.toBe(spoilt);
  });

  test('are not taken from another place of the same name', () => {
    const [views, others, keptIn] = [
      folderOf(VIEWS),
      folderOf({ ...VIEWS, 'people/hello.pug': 'p Go away' }),
      emptyFolder(),
    ];
    said(others, keptIn);
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
  });

  test('are prepared without a compiler where they have been kept', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    const fresh = templatesIn(views, { keptIn });
    fresh.prepare(['people/hello', 'people/nobody']);
    expect(() => statSync(keptFile(keptIn))).toThrow('ENOENT');
    said(views, keptIn);
    const later = templatesIn(views, { keptIn });
    later.prepare(['people/hello']);
    rmSync(keptFile(keptIn));
    expect(later.get('people/hello')?.({ name: 'Jane' })).toBe('<p>Hello Jane</p>');
    expect(() => statSync(keptFile(keptIn))).toThrow('ENOENT');
  });
});

describe('compiled templates are neither kept nor believed where', () => {
  test('others can write', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    chmodSync(keptIn, 0o777);
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    expect(readdirSync(keptIn)).toEqual([]);
  });

  test('others can write below', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    mkdirSync(join(keptIn, 'templates'));
    chmodSync(join(keptIn, 'templates'), 0o770);
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    expect(readdirSync(join(keptIn, 'templates'))).toEqual([]);
  });

  test('a link leads elsewhere', () => {
    const [views, keptIn, elsewhere] = [folderOf(VIEWS), emptyFolder(), emptyFolder()];
    symlinkSync(elsewhere, join(keptIn, 'templates'));
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('nobody can tell what they are made of', () => {
    const keptIn = emptyFolder();
    const kept = keptTemplates(keptIn, () => {
      throw new Error('there is no lock file');
    });
    kept.keep('people/hello.pug', 'function template() {}');
    expect(kept.find('people/hello.pug')).toBeUndefined();
    expect(readdirSync(join(keptIn, 'templates'))).toEqual([]);
  });

  test('a file stands in the way', () => {
    const [views, keptIn] = [folderOf(VIEWS), emptyFolder()];
    writeFileSync(join(keptIn, 'templates'), '');
    expect(said(views, keptIn)).toBe('<p>Hello &lt;Jane&gt;</p>');
  });

  test('there is no folder', () => {
    expect(said(folderOf(VIEWS), join(emptyFolder(), 'none'))).toBe('<p>Hello &lt;Jane&gt;</p>');
  });
});
