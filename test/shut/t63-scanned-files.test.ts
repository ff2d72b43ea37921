// T63: no secret is in the repository, nor in what npm would pack of it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../architecture/sources.ts';
import { type Found, isSecretByName, secretsIn } from '../support/secret-shapes.ts';

/** Each is looked at, and is none. `start` is that of what looks like a secret. */
const NONE: readonly { file: string; kind: Found['kind']; start: string; why: string }[] = [
  { file: 'README.md', kind: 'named secret', start: 'an-examp', why: 'says of itself that it is an example' },
  {
    file: 'config/clients/shop.yaml',
    kind: 'named secret',
    start: 'gatehous',
    why: 'of the demo; production refuses to start with it',
  },
  {
    file: 'examples/shop-api/README.md',
    kind: 'named secret',
    start: 'kX7pQ2vN',
    why: 'of the example that a reader types; no server of ours knows it',
  },
  {
    file: 'test/rooms/clients/client-secrets.test.ts',
    kind: 'GitHub token',
    start: 'ghs_dGhl',
    why: 'a secret of ours has the same beginning; this is the one whose checksum is tested',
  },
  {
    file: 'test/rooms/config/effective-settings.test.ts',
    kind: 'password in a URL',
    start: 'hunter2-',
    why: 'marks the password that must not be shown',
  },
];

const NOT_OURS = new Set(['node_modules', '.git', 'data', 'coverage']);

function trackedFiles(): readonly string[] {
  if (existsSync(path.join(ROOT, '.git'))) {
    return execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  }
  return readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    if (entry.isFile()) return [entry.name];
    return readdirSync(path.join(ROOT, entry.name), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => path.relative(ROOT, path.join(each.parentPath, each.name)));
  });
}

function packedFiles(): readonly string[] {
  const options = ['pack', '--dry-run', '--json', '--offline', '--ignore-scripts'];
  const answer = execFileSync('npm', options, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(answer) as [{ files: { path: string }[] }];
  return packed.files.map((file) => file.path);
}

const isNone = (file: string, { kind, start }: Found): boolean =>
  NONE.some((each) => each.file === file && each.kind === kind && each.start === start);

const told = (file: string, { kind, line, start }: Found): string => `${file}:${line} ${kind} ${start}…`;

function findings(files: readonly string[]): readonly (Found & { file: string })[] {
  return files
    .filter((file) => existsSync(path.join(ROOT, file)))
    .flatMap((file) => secretsIn(file, readFileSync(path.join(ROOT, file), 'utf8')).map((each) => ({ ...each, file })));
}

describe('T63 secrets in the repository and the package (ASVS 13.3.1)', () => {
  test.each([
    ['the repository', trackedFiles, 1000],
    ['what npm would pack', packedFiles, 500],
  ] as const)('%s holds nothing that looks like one', (_what, list, least) => {
    const files = list();
    expect(files.length).toBeGreaterThan(least);
    expect(files.filter(isSecretByName)).toEqual([]);
    expect(files.filter((file) => /^(?:node_modules|data|\.git)\//.test(file))).toEqual([]);
    const found = findings(files).filter((each) => !isNone(each.file, each));
    expect(found.map((each) => told(each.file, each))).toEqual([]);
  });

  test('what was looked at and is none is still there', () => {
    const all = findings(trackedFiles());
    const gone = NONE.filter(
      ({ file, kind, start }) => !all.some((each) => each.file === file && each.kind === kind && each.start === start),
    );
    expect(gone).toEqual([]);
  });

  const long = 'Zm9vQmFyMDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BR';
  // In two pieces each, or this file would be found.
  test.each([
    ['private key', `-----BEGIN${' EC PRIVATE'} KEY-----\nMHcC`],
    ['private key', `key: "-----BEGIN${' PRIVATE'} KEY-----\\nMIIE"`],
    ['private JWK', `{"kty":"EC","crv":"P-256","${'d'}":"${long.slice(0, 43)}"}`],
    ['private JWK', `const key = { kty: 'oct', ${'k'}: '${long.slice(0, 43)}' };`],
    ['AWS key', `AKIA${'IOSFODNN7EXAMPLE'}`],
    ['AWS key', `aws_secret_access_key = ${long.slice(0, 40)}`],
    ['GitHub token', `ghp_${long.slice(0, 36)}`],
    ['GitHub token', `github_pat_${long.slice(0, 22)}`],
    ['Slack token', `xoxb-${'123456789012'}-abcdefghijkl`],
    ['npm token', `npm_${long.slice(0, 36)}`],
    ['npm token', `//packages.example.test/:_authToken=${long}`],
    ['signed token', `eyJ${'hbGciOiJSUzI1NiJ9'}.eyJ${'zdWIiOiIxMjM0NTYifQ'}.${long}`],
    ['password in a URL', `DATABASE_URL=postgres://gatehouse:${'Heron-Jasper-42'}@db.example.com/gatehouse`],
    ['password in a URL', `smtps://mailer:${'Heron-Jasper-42'}@mail.example.com:465`],
    ['named secret', `GATEHOUSE_SECRET=${long}`],
    ['named secret', `      GATEHOUSE_SECRET: "${long}"`],
    ['named secret', `client_secret: ${long}`],
    ['named secret', `client_secrets:\n  - value: ${long}`],
    ['named secret', `"client_secret": "${long}"`],
  ])('a %s would be found: %#', (kind, text) => {
    expect(secretsIn('deploy/production.yaml', `# a file\n${text}\n`).map((each) => each.kind)).toContain(kind);
  });

  test.each(['.env', 'deploy/.env.production', 'config/signing.pem', 'data/secret', '.npmrc', 'home/id_ed25519'])(
    'a file called %s would be found',
    (name) => expect(isSecretByName(name)).toBe(true),
  );
});
