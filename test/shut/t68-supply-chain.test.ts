// T68: what is installed is what was locked, from one place, and runs nothing while it is installed.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../architecture/sources.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
}

const json = <T>(file: string): T => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as T;

const { packages } = json<{ packages: Record<string, Locked> }>('package-lock.json');
const locked = Object.entries(packages).filter(([name]) => name !== '');

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly scripts: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}

const manifest = json<Manifest>('package.json');

/** The oldest version without any of these advisories. oidc-provider has none: its floor is the version whose code we know. */
const FLOORS: readonly (readonly [name: string, floor: string, advisories: string])[] = [
  ['kysely', '0.28.17', 'CVE-2026-32763, CVE-2026-33442, CVE-2026-44635'],
  ['koa', '3.1.2', 'CVE-2026-27959, CVE-2025-32379, CVE-2025-25200'],
  ['pug', '3.0.3', 'CVE-2021-21353, CVE-2024-36361'],
  ['oidc-provider', '9.13.3', 'no advisory'],
];

/** More of them than this are a decision, which changes this number. */
const MOST_DIRECT = 32;

describe('T68 the supply chain (ASVS 15.1.2, 15.2.1, 15.2.4)', () => {
  test('every package is locked with the hash of what it holds', () => {
    expect(locked.length).toBeGreaterThan(100);
    const without = locked.filter(([, { integrity, inBundle }]) => !inBundle && !/^sha512-/.test(integrity ?? ''));
    expect(without.map(([name]) => name)).toEqual([]);
  });

  test('no package is locked to a place of its own: each comes from the registry that npm is set to', () => {
    const elsewhere = locked.filter(([, { resolved, link }]) => link === true || resolved !== undefined);
    expect(elsewhere.map(([name]) => name)).toEqual([]);
  });

  test('what is stated is exact: no version that is another one tomorrow', () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    }
  });

  test('packages that would run something while they are installed are known, and do not', () => {
    const running = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([name]) => name.replace('node_modules/', ''));
    expect(running.sort()).toEqual(Object.keys(manifest.allowScripts).sort());
    expect(Object.values(manifest.allowScripts)).not.toContain(true);
    for (const file of ['scripts/setup.mjs', 'Dockerfile']) {
      expect(readFileSync(path.join(ROOT, file), 'utf8'), file).toContain('--ignore-scripts');
    }
    expect(Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  test.each(FLOORS)('%s is nowhere locked below %s (%s)', (name, floor) => {
    const copies = locked.filter(
      ([place]) => place === `node_modules/${name}` || place.endsWith(`/node_modules/${name}`),
    );
    expect(copies.length).toBeGreaterThan(0);
    expect(copies.filter(([, { version = '' }]) => isBelow(version, floor))).toEqual([]);
  });

  test.each([
    ['0.28.16', '0.28.17', true],
    ['0.28.17', '0.28.17', false],
    ['0.29.0', '0.28.17', false],
    ['3.1.10', '3.1.2', false],
    ['2.16.1', '3.1.2', true],
    ['3.1.2-beta.1', '3.1.2', true],
  ])('of %s and %s, the first is below the second: %s', (version, floor, below) => {
    expect(isBelow(version, floor)).toBe(below);
  });

  test('a server is made of few packages that we chose', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(MOST_DIRECT);
  });

  test('npm run sbom names every package with its version, and which of them no server needs', () => {
    const [program = '', ...words] = String(manifest.scripts['sbom']).split(' ');
    const printed = execFileSync(program, words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
    const { components } = JSON.parse(printed) as { components: Component[] };
    expect(components.length).toBeGreaterThan(locked.length / 2);
    const ofServers = (name: string, version: string) =>
      components.filter((each) => fullName(each) === name && each.version === version).map(isForServers);
    for (const [name, version] of Object.entries(manifest.dependencies)) {
      expect([name, ofServers(name, version)]).toEqual([name, [true]]);
    }
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      // Some of these are a dependency of a dependency too.
      expect([name, ofServers(name, version)]).toEqual([name, [packages[`node_modules/${name}`]?.dev !== true]]);
    }
  });
});

/** A version before a release (`3.1.2-beta.1`) is below it. */
function isBelow(version: string, floor: string): boolean {
  const [release = '', before] = version.split('-', 2);
  const order = release.localeCompare(floor, 'en', { numeric: true });
  return order < 0 || (order === 0 && before !== undefined);
}

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

const fullName = ({ group, name }: Component): string => (group ? `${group}/${name}` : name);
const isForServers = ({ properties = [] }: Component): boolean =>
  !properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
