// Compiles every page once and renders it as the page renderer does.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import pug from 'pug';
import type { Language } from '../../../src/texts/messages.ts';
import { commonLocals, samples } from './samples.ts';

export const viewsFolder = join(import.meta.dirname, '../../../views');

/** Every template, parts included: 'mixins/field'. */
export const templates = globSync('**/*.pug', { cwd: viewsFolder })
  .map((file) => file.replaceAll('\\', '/').replace(/\.pug$/, ''))
  .sort();

/** Names of the pages, as handed to the page renderer: `interactions/sign-in`. Mails are looked at in test/rooms/mail. */
export const pages = templates.filter((name) => !/^(layouts|mixins|mail)\//.test(name));

const compiled = new Map(
  pages.map((page) => [page, pug.compileFile(join(viewsFolder, `${page}.pug`), { doctype: 'html' })]),
);

export function render(view: string, locals: Readonly<Record<string, unknown>>, language: Language = 'en'): string {
  const template = compiled.get(view);
  if (template === undefined) throw new Error(`No view is called ${view}.`);
  return template({ ...commonLocals(language), ...locals });
}

/** The page of one sample, with some of its locals changed. */
export function renderSample(view: string, state: string, changes: Readonly<Record<string, unknown>> = {}): string {
  const sample = samples.find((each) => each.view === view && each.state === state);
  if (sample === undefined) throw new Error(`${view} has no state called ${state}.`);
  return render(view, { ...sample.locals, ...changes });
}
