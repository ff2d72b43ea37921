// The documents name what exists: files, packages, settings, commands. A reader who copies from them gets somewhere.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../src/cli/commands.ts';
import { clientFile } from '../../src/clients/client-file.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { rolesFile } from '../../src/config/roles/roles-file.ts';
import { configFile } from '../../src/config/schema.ts';
import { checkShape } from '../../src/config/shape.ts';
import { allPaths } from '../../src/config/shape-keys.ts';
import { parseYaml } from '../../src/config/yaml-document.ts';
import { RINGS } from './rings.ts';
import { filesBelow, ROOT, roomOf, sourceFiles } from './sources.ts';

interface Document {
  readonly path: string;
  readonly text: string;
}

const read = (file: string): Document => ({ path: file, text: readFileSync(path.join(ROOT, file), 'utf8') });

const TOP = ['README', 'ARCHITECTURE', 'CONTRIBUTING', 'DECISIONS', 'CHANGELOG', 'SECURITY'].map(
  (name) => `${name}.md`,
);
const documents: readonly Document[] = [
  ...TOP,
  ...['src', 'views', 'examples'].flatMap(filesBelow).filter((file) => file.endsWith('.md')),
].map(read);
const packing: readonly Document[] = ['Dockerfile', 'docker-compose.yml'].map(read);

const manifest: {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
} = JSON.parse(read('package.json').text);

/** `file: what` of everything the pattern's first group finds that is not fine. */
const unfit = (texts: readonly Document[], pattern: RegExp, isFine: (found: string, file: Document) => boolean) =>
  texts.flatMap((file) =>
    [...file.text.matchAll(pattern)]
      .map(([, found = '']) => found)
      .filter((found) => !isFine(found, file))
      .map((found) => `${file.path}: ${found}`),
  );

/** As GitHub makes them: lower case, blanks become dashes, marks go. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

function leadsSomewhere(link: string, from: Document): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [file = '', anchor] = link.split('#');
  const target = path.posix.join(path.posix.dirname(from.path), file);
  if (file !== '' && !existsSync(path.join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(file === '' ? from.text : read(target).text).includes(anchor);
}

// Pictures are looked at by people; a missing one is seen at once.
const LINK = /(?<!!)\[[^\]]*\]\(([^)\s]+)\)/g;

describe('links', () => {
  test('lead to files and headings that exist', () => {
    expect(documents.flatMap(({ text }) => [...text.matchAll(LINK)]).length).toBeGreaterThan(20);
    expect(unfit(documents, LINK, leadsSomewhere)).toEqual([]);
  });

  test('that lead nowhere are found', () => {
    const planted = { path: 'README.md', text: '[a](GONE.md) [b](README.md#gone) [c](#here) [d](src/cli/)\n\n## Here' };
    expect(unfit([planted], LINK, leadsSomewhere)).toEqual(['README.md: GONE.md', 'README.md: README.md#gone']);
  });

  test('are what else is named as a path in the documents', () => {
    const PATH = /`((?:src|test|views|config|migrations|examples|bin|scripts)\/[\w./-]+)`/g;
    // Places where a reader puts a file of their own.
    const ofReaders = [
      'src/accounts/close-account.ts',
      'config/clients/my-app.yaml',
      'config/clients/bookkeeper.yaml',
      'config/clients/reporter.yaml',
    ];
    expect(unfit(documents, PATH, (file) => ofReaders.includes(file) || existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});

describe('decisions', () => {
  const { text } = read('DECISIONS.md');
  const installed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const rows = [...text.matchAll(/^\| `([^`]+)` \| ([\w.-]+) \| (.+) \|$/gm)];

  test('have a line for every package, at the version that is installed, and for no other', () => {
    expect(Object.fromEntries(rows.map(([, name, version]) => [name, version]))).toEqual(installed);
    expect(rows.filter(([, , , reason = '']) => reason.length < 4)).toEqual([]);
  });

  test('are dated, newest first, and short', () => {
    const entries = text.split(/^## /m).slice(1);
    const dated = entries.filter((entry) => !entry.startsWith('Dependencies '));
    expect(dated.filter((entry) => !/^\d{4}-\d{2}-\d{2} · \S/.test(entry))).toEqual([]);
    const dates = dated.map((entry) => entry.slice(0, 10));
    expect(dates).toEqual([...dates].sort().reverse());
    expect(dated.filter((entry) => entry.trimEnd().split('\n').length > 15).map((entry) => entry.slice(0, 60))).toEqual(
      [],
    );
  });
});

describe('settings', () => {
  test('that the documents and the image name as variables are read by the server', () => {
    const VARIABLE = /\b(GATEHOUSE_[A-Z_]+)\b/g;
    const named = [...documents, ...packing].flatMap(({ text }) => [...text.matchAll(VARIABLE)].map(([name]) => name));
    const env = Object.fromEntries(named.map((name) => [name, 'x']));
    const { stated } = readEnvironment({ env, cwd: ROOT });
    expect(new Set(named)).toEqual(stated);
    expect(stated.size).toBeGreaterThan(5);
  });

  test('that the README lists are all there are', () => {
    const everything = new Proxy({}, { getOwnPropertyDescriptor: (_, name) => noted(String(name)) });
    const asked = new Set<string>();
    const noted = (name: string) => void asked.add(name);
    readEnvironment({ env: everything, cwd: ROOT });
    expect([...asked].filter((name) => !read('README.md').text.includes(`\`${name}\``))).toEqual([]);
    expect(asked.has('DATABASE_URL')).toBe(true);
  });

  test('that are named with a dot are keys of gatehouse.yaml or of a client file', () => {
    const keys = [...allPaths(configFile), ...allPaths(clientFile)];
    const sections = new Set(keys.map((key) => key.split('.')[0]));
    const isFile = (name: string) => /\.(?:ts|md|yaml|yml|txt|json|pug)$/.test(name);
    const isKey = (name: string) => !sections.has(name.split('.')[0]) || isFile(name) || keys.includes(name);
    expect(unfit(documents, /`([a-z_]+(?:\.[a-z_]+)+)`/g, isKey)).toEqual([]);
    expect(isKey('tokens.access_token_minutes')).toBe(false);
  });

  test('that are printed as YAML are taken by the server', () => {
    const blocks = documents.flatMap(({ text }) =>
      [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = '']) => yaml),
    );
    const problems = blocks.flatMap((yaml) => {
      const { document, problems: unreadable } = parseYaml({}, 'a document', yaml);
      const ofRoles = /^(?:permissions|groups):/m.test(yaml) ? rolesFile : configFile;
      const schema = yaml.includes('client_id:') ? clientFile : ofRoles;
      return document === undefined ? unreadable : checkShape(schema, document).problems;
    });
    expect(blocks.length).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  test('of the composition are YAML, and its two secrets must be given', () => {
    const file = read('docker-compose.yml').text;
    const { services } = parse(file) as { services: Record<string, { environment: Record<string, string> }> };
    expect(Object.keys(services)).toEqual(['server', 'database']);
    expect(services['server']?.environment['GATEHOUSE_SECRET']).toMatch(/^\$\{GATEHOUSE_SECRET:\?/);
    expect(services['database']?.environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });
});

describe('commands', () => {
  test('of npm are scripts of package.json', () => {
    const known = ['ci', 'install', 'start', 'test', ...Object.keys(manifest.scripts)];
    expect(unfit(documents, /(?:`|^|; )npm (?:run )?([a-z:]+)/gm, (script) => known.includes(script))).toEqual([]);
  });

  test('of gatehouse exist, with these options', () => {
    const LINE = /(?:bin\/|`|exec server )gatehouse ((?:[a-z]+[ -]?)+(?: --?[^`\n]*)?)/g;
    const lines = [...documents, ...packing].flatMap(({ text }) =>
      [...text.matchAll(LINE)].map(([, line = '']) => line),
    );
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.filter((line) => !isCommand(line))).toEqual([]);
    expect(isCommand('user create --email you@example.com')).toBe(true);
    expect(isCommand('user invite --email you@example.com')).toBe(false);
    expect(isCommand('user create --mail you@example.com')).toBe(false);
  });

  test('that the README lists are all there are', () => {
    const table = read('README.md').text;
    const paths = program.commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((sub) => `${command.name()} ${sub.name()}`),
    );
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((name) => !new RegExp(`\`${name}[ \`]`).test(table))).toEqual([]);
  });
});

const program = buildProgram(
  async () => undefined,
  () => undefined,
);

function isCommand(line: string): boolean {
  let command: Command = program;
  for (const word of line.split(' ')) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next !== undefined) command = next;
    else if (command.commands.length > 0 && !word.startsWith('-')) return false;
  }
  const options = [...command.options, ...program.options].map((option) => option.long);
  return [...line.matchAll(/ (--[a-z-]+)/g)].every(([, option = '']) => options.includes(option));
}

describe('the architecture', () => {
  test('is printed as it is tested', () => {
    const table = RINGS.map((rooms) => rooms.join('  ')).join('\n');
    expect(read('ARCHITECTURE.md').text).toContain(`\n\`\`\`\n${table}\n\`\`\`\n`);
  });

  test('names its tables where they are kept: in the README of the room that writes them', () => {
    const WRITE = /\b(?:insertInto|updateTable|deleteFrom)\(\s*'(\w+)'/g;
    const owners = sourceFiles('src').flatMap(({ path: file, code }) =>
      [...code.matchAll(WRITE)].map(([, table = '']) => ({ table, readme: `src/${roomOf(file)}/README.md` })),
    );
    const silent = owners.filter(({ table, readme }) => !read(readme).text.includes(`\`${table}\``));
    expect(owners.length).toBeGreaterThan(10);
    expect(silent).toEqual([]);
  });
});
