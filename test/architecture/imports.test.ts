// Who imports whom, and who may use what: the rules of ARCHITECTURE.md, held against every file of src/.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAY_READ_ENVIRONMENT, PACKAGE_ROOMS, RINGS, ROOMS_WITH_HTTP, ROOMS_WITHOUT_SQL, ringOf } from './rings.ts';
import { importsOf, packageOf, ROOT, roomOf, type SourceFile, sourceFile, sourceFiles } from './sources.ts';

const files = sourceFiles('src');

/** One sentence for each import that does not point down. */
function forbiddenImports(sources: readonly SourceFile[]): readonly string[] {
  return sources.flatMap((file) =>
    importsOf(file).flatMap(({ target }) => {
      if (target === undefined) return [];
      const says = (why: string) => [`${file.path} imports ${target}: ${why}`];
      if (file.path === 'src/texts/catalogues.ts' && target.startsWith('views/locales/')) return [];
      if (!target.startsWith('src/')) return says('src knows nothing outside src');
      const [from, to] = [roomOf(file.path), roomOf(target)];
      if (from === to) return [];
      if (ringOf(to) === ringOf(from)) return says('rooms of one ring do not know each other');
      return ringOf(to) < ringOf(from) ? says('imports point down') : [];
    }),
  );
}

function forbiddenPackages(sources: readonly SourceFile[]): readonly string[] {
  return sources.flatMap((file) =>
    importsOf(file).flatMap((each) => {
      const name = packageOf(each);
      const rooms = name === undefined ? undefined : PACKAGE_ROOMS[name];
      if (rooms === undefined || rooms.includes(roomOf(file.path))) return [];
      return [`${file.path} imports ${name}, which belongs to ${rooms.join(', ') || 'no room of src'}`];
    }),
  );
}

/** `path:line` of every line of code that matches. */
const places = (sources: readonly SourceFile[], pattern: RegExp): readonly string[] =>
  sources.flatMap(({ path: file, code }) =>
    code.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );

const NOW = /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/;
/** Ways to give the engine what its interaction waits for. */
const RESULT = /\binteraction\.result\s*=[^=]|\binteractionFinished\b|\binteractionResult\b/;
const QUERY = /\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(|\bsql(?:<[^`]*>)?`/;
const ENVIRONMENT = /\bprocess\.env\b|\bfrom 'node:process'/;

/** Inside `x.transaction().execute(async (tx) => { … })` the outer `db` is another connection: on PGlite it waits for ever. */
function outerDbInTransactions(sources: readonly SourceFile[]): readonly string[] {
  return sources.flatMap(({ path: file, code }) =>
    [...code.matchAll(/^( *)\S.*\.transaction\(\).*=> \{\n((?:\1 +.*\n|\n)*)/gm)].flatMap(([, , body = '']) =>
      /\bdeps\.db\b|(?<![\w.])db\b(?!\s*:)|\(\s*deps\s*[,)]/.test(body)
        ? [`${file}: ${body.trim().split('\n')[0]}`]
        : [],
    ),
  );
}

describe('imports', () => {
  test('point down, and never to a room of the same ring', () => {
    expect(forbiddenImports(files)).toEqual([]);
  });

  test('of every room are ruled: each stands on the table once, and no other does', () => {
    const rooms = readdirSync(path.join(ROOT, 'src')).sort();
    expect(RINGS.flat().sort()).toEqual(rooms);
  });

  test('of a package that one room hides come from that room alone', () => {
    expect(forbiddenPackages(files)).toEqual([]);
  });

  test('name a file that exists, never a folder or an index', () => {
    const targets = files.flatMap((file) => importsOf(file).map(({ target }) => ({ file: file.path, target })));
    expect(targets.filter(({ target }) => target !== undefined && !existsSync(path.join(ROOT, target)))).toEqual([]);
    expect(targets.filter(({ target }) => /(?:^|\/)index\.ts$/.test(target ?? ''))).toEqual([]);
  });

  test('are never passed on: a room has no barrel', () => {
    expect(places(files, /^export\b.*\bfrom\s+['"]/)).toEqual([]);
    expect(files.filter(({ path: file }) => file.endsWith('/index.ts'))).toEqual([]);
  });

  test('of koa and http/ are for the edges: rooms do not know HTTP', () => {
    const rooms = files.filter(({ path: file }) => !ROOMS_WITH_HTTP.includes(roomOf(file)));
    const knowing = rooms.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, target }) => /^(?:koa|node:http)/.test(specifier) || target?.startsWith('src/http/'))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(knowing).toEqual([]);
  });

  test('of a migration are kysely alone, so that it means the same for ever', () => {
    const migrations = sourceFiles('migrations');
    const others = migrations.flatMap((file) => importsOf(file).filter((each) => packageOf(each) !== 'kysely'));
    expect(migrations.length).toBeGreaterThan(0);
    expect(others).toEqual([]);
  });

  test.each(['examples/shop', 'examples/shop-api'])(
    'of %s are its own files and packages: others copy it',
    (example) => {
      const sources = sourceFiles(example);
      const outside = sources.flatMap((file) =>
        importsOf(file).filter(({ target }) => target !== undefined && !target.startsWith(`${example}/`)),
      );
      expect(sources.length).toBeGreaterThan(5);
      expect(outside).toEqual([]);
    },
  );
});

describe('what is the same for all', () => {
  test('the environment is read by config/ alone, and handed over where the program begins', () => {
    expect(places(files, ENVIRONMENT).filter((place) => !MAY_READ_ENVIRONMENT.test(place))).toEqual([]);
  });

  test('time comes from the clock', () => {
    expect(places(files, NOW).filter((place) => !place.startsWith('src/clock.ts:'))).toEqual([]);
  });

  test('an edge holds no SQL', () => {
    const edges = files.filter(({ path: file }) => ROOMS_WITHOUT_SQL.includes(roomOf(file)));
    expect(places(edges, QUERY)).toEqual([]);
  });

  test('one file hands results to the engine, and one keeps the stage of a sign-in', () => {
    const writers = new Set(places(files, RESULT).map((place) => place.split(':')[0]));
    expect([...writers]).toEqual(['src/interactions/finish.ts', 'src/interactions/sign-in-stage.ts']);
  });

  test('a transaction is not left by using the outer database inside it', () => {
    expect(outerDbInTransactions(files)).toEqual([]);
  });
});

describe('these checks', () => {
  const planted = (file: string, text: string) => [sourceFile(file, text)];

  test('find an import that points up, whatever it is written like', () => {
    const room = 'src/accounts/accounts.ts';
    const statements = [
      "import { dispatch } from '../interactions/dispatch.ts';",
      "import type { dispatch } from '../interactions/dispatch.ts';",
      "import {\n  dispatch,\n} from '../interactions/dispatch.ts';",
      "import '../interactions/dispatch.ts';",
      "export { dispatch } from '../interactions/dispatch.ts';",
      "export * from '../interactions/dispatch.ts';",
      "const late = () => import('../interactions/dispatch.ts');",
      "const worker = new URL('../interactions/dispatch.ts', import.meta.url);",
    ];
    for (const statement of statements) {
      expect(forbiddenImports(planted(room, statement))).toEqual([
        'src/accounts/accounts.ts imports src/interactions/dispatch.ts: imports point down',
      ]);
    }
  });

  test('find an import of a neighbour and of what lies outside src', () => {
    expect(forbiddenImports(planted('src/roles/roles.ts', "import { x } from '../accounts/account.ts';"))).toHaveLength(
      1,
    );
    expect(forbiddenImports(planted('src/roles/roles.ts', "import { x } from '../support/x.ts';"))).toHaveLength(1);
    expect(forbiddenImports(planted('src/roles/roles.ts', "import { x } from './roles/role-names.ts';"))).toEqual([]);
    expect(forbiddenImports(planted('src/roles/roles.ts', "// import { x } from '../server/koa.ts';"))).toEqual([]);
  });

  test('find a package in the wrong room', () => {
    expect(forbiddenPackages(planted('src/cli/user.ts', "import { hash } from 'argon2';"))).toHaveLength(1);
    expect(forbiddenPackages(planted('src/roles/roles.ts', "import { Provider } from 'oidc-provider';"))).toHaveLength(
      1,
    );
  });

  test('find time and environment that did not come the proper way', () => {
    const code = 'const a = Date.now();\nconst b = new Date();\nconst c = process.env;\nconst d = new Date(0);';
    expect(places(planted('src/roles/roles.ts', code), NOW)).toEqual(['src/roles/roles.ts:1', 'src/roles/roles.ts:2']);
    expect(places(planted('src/roles/roles.ts', code), ENVIRONMENT)).toEqual(['src/roles/roles.ts:3']);
  });

  test('find a query', () => {
    expect(places(planted('src/cli/user.ts', "await db.selectFrom('accounts').execute();"), QUERY)).toHaveLength(1);
    expect(
      places(planted('src/cli/user.ts', 'await sql<{ one: number }>`select 1 as one`.execute(db);'), QUERY),
    ).toHaveLength(1);
  });

  test('find the outer database inside a transaction', () => {
    const inside = (line: string) => `  await db.transaction().execute(async (tx) => {\n    ${line}\n  });\n`;
    const found = (line: string) => outerDbInTransactions(planted('src/roles/roles.ts', inside(line))).length;
    expect(
      ['await db.selectFrom()', 'await find(deps)', 'await find(deps.db, 1)', 'await find(db)'].map(found),
    ).toEqual([1, 1, 1, 1]);
    expect(['await tx.selectFrom()', 'await find({ ...deps, db: tx })'].map(found)).toEqual([0, 0]);
  });
});
