// The compositions, the one to try above all. There is no Docker where the tests run: what can be read of it is held, its images are not pulled.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfiguration } from '../../src/clients/load-configuration.ts';
import { isAskedByName } from '../../src/server/metrics/asked-by-name.ts';
import { ROOT } from '../architecture/sources.ts';
import { gatehouse } from '../cli/command-line.ts';
import { configFiles, problemsOf } from '../support/config-files.ts';

const FOLDER = path.join(ROOT, 'deploy/compose');
const text = readFileSync(path.join(FOLDER, 'compose.yaml'), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly ulimits?: Readonly<Record<string, unknown>>;
}

interface Composed {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, volumes } = parse(text) as Composed;
const settings = readFileSync(path.join(FOLDER, 'gatehouse/gatehouse.yaml'), 'utf8');

/** Debian's, by the major version of the PostgreSQL in it. */
const RELEASE_WITH_CLIENT: Readonly<Record<string, string>> = { '15': 'bookworm', '17': 'trixie' };

const SECRETS: Readonly<Record<string, string>> = {
  GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv',
  POSTGRES_PASSWORD: 'b8f2c0d4e6',
};

/** As compose fills variables in: ${NAME:?why}, ${NAME:-else}. */
const filledIn = (value: string, more: Readonly<Record<string, string>>): string =>
  value.replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_all, name: string, how: string, rest: string) => {
    if (how === '-') return more[name] ?? rest;
    return SECRETS[name] ?? more[name] ?? `${name} is not among what the comment exports`;
  });

const environmentOf = (
  { environment = {} }: Service,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filledIn(String(value), more)]));

describe('the composition', () => {
  test('has a server, its database, a mail catcher and Prometheus, each at a version', () => {
    expect(Object.keys(services).sort()).toEqual(['database', 'mail', 'prometheus', 'server']);
    for (const { image, build } of Object.values(services)) {
      if (build === undefined) expect(image).toMatch(/:v?\d+(?:\.\d+)*$/);
    }
  });

  test('publishes on this machine only, and the figures nowhere', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(published.join()).not.toContain('9464');
  });

  test('holds no secret: each must be given, and the comment says how', () => {
    const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    expect(new Set(asked)).toEqual(new Set(Object.keys(SECRETS)));
    for (const name of asked) expect(text).toMatch(new RegExp(`#.*${name}=\\$\\(openssl rand`));
  });

  test('mounts files that are here, and volumes that it declares', () => {
    for (const [name, { volumes: mounts = [] }] of Object.entries(services)) {
      for (const mount of mounts) {
        const [source = ''] = mount.split(':');
        const isThere = source.startsWith('.') ? existsSync(path.join(FOLDER, source)) : source in volumes;
        expect(isThere, `${name}: ${source}`).toBe(true);
      }
    }
  });

  test('configures a server that starts: in production, with these settings and variables', () => {
    const env = { GATEHOUSE_MODE: 'production', ...environmentOf(services['server']!) };
    expect(problemsOf({ 'config/gatehouse.yaml': settings }, env)).toEqual([]);
  });

  test('starts it by a command there is, with workers, which its database lets it have', async () => {
    const { command = [] } = services['server']!;
    // As the image itself starts, with the memory that bin/gatehouse gives it.
    expect(command.slice(0, 2)).toEqual(['gatehouse', 'serve']);
    const image = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
    expect(image).toContain('ln -s /app/bin/gatehouse /usr/local/bin/gatehouse');
    expect(image).toContain('CMD ["gatehouse", "serve"]');
    const { cwd } = configFiles({});
    const { stdout } = await gatehouse({ cwd, env: {} }, ['serve', '--help']);
    for (const option of command.filter((word) => word.startsWith('--'))) expect(stdout).toContain(option);
    expect(environmentOf(services['server']!)['DATABASE_URL']).toMatch(
      /^postgres:\/\/gatehouse:\w+@database:5432\/gatehouse$/,
    );
  });

  test('is backed up and restored by commands there are, with a client as new as its database', async () => {
    const image = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
    const client = /\bpostgresql-client-(\d+)\b/.exec(image)?.[1];
    // What Debian has under that name: another version is in none of its packages.
    expect(image).toMatch(new RegExp(`^FROM node:\\d+-${RELEASE_WITH_CLIENT[String(client)]}-slim$`, 'm'));
    for (const file of ['docker-compose.yml', 'deploy/compose/compose.yaml']) {
      const composed = parse(readFileSync(path.join(ROOT, file), 'utf8')) as Composed;
      expect(composed.services['database']?.image, file).toBe(`postgres:${client}`);
      expect(composed.services['server']?.image, file).toBe('gatehouse');
    }
    const documented = readFileSync(path.join(ROOT, 'docs/backup.md'), 'utf8');
    const asked = [...documented.matchAll(/^docker compose run --rm --volume \S+ (\S+) gatehouse (\w+) (.*)$/gm)];
    expect(asked.map(([, service, command]) => [service, command])).toEqual([
      ['server', 'backup'],
      ['server', 'restore'],
    ]);
    for (const [, , command = '', words = ''] of asked) {
      const { stdout } = await gatehouse({ cwd: configFiles({}).cwd, env: {} }, [command, '--help']);
      for (const option of words.split(' ').filter((word) => word.startsWith('--'))) expect(stdout).toContain(option);
    }
  });

  test('has Prometheus ask where the server answers', () => {
    const { scrape_configs: asked } = parse(readFileSync(path.join(FOLDER, 'prometheus.yml'), 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[]; metrics_path?: string }[];
    };
    const { metrics } = parse(settings) as { metrics: { port: number; host: string } };
    expect(asked.map((each) => each.static_configs)).toEqual([[{ targets: [`server:${metrics.port}`] }]]);
    expect(metrics.host).toBe('0.0.0.0');
    expect(isAskedByName(`server:${metrics.port}`, { host: metrics.host, allowedHosts: [] })).toBe(true);
    const mails = new URL(environmentOf(services['server']!)['GATEHOUSE_SMTP_URL'] ?? '');
    expect(mails.hostname in services).toBe(true);
  });
});

describe.each(['docker-compose.yml', 'deploy/compose/compose.yaml'])('the server of %s', (file) => {
  const all = parse(readFileSync(path.join(ROOT, file), 'utf8')) as {
    services: { server: Service };
    volumes: Record<string, unknown>;
  };
  const { server } = all.services;
  const image = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');

  test('keeps what it has compiled in a volume, as its own folders cannot be written', () => {
    const [, folder = ''] = /NODE_COMPILE_CACHE=(\S+)/.exec(image) ?? [];
    const [volume = ''] = server.volumes?.find((mount) => mount.split(':')[1] === folder)?.split(':') ?? [];
    expect(folder).not.toBe('');
    expect([server.read_only, volume in all.volumes]).toEqual([true, true]);
    // A new volume is of whom the folder of the image is, and the server believes only what is its own user's alone.
    expect(image).toMatch(new RegExp(`install -d -o node -g node -m 0700 [^\\n]*${folder}(?:\\s|$)`, 'm'));
  });

  test('leaves no dump of its memory, which has the secrets in it', () => {
    expect(server.ulimits).toEqual({ core: 0 });
  });

  test('takes a former master secret besides, and none where none is given', () => {
    const previousGiven = (more: Record<string, string>) => {
      const env = { GATEHOUSE_MODE: 'production', ...environmentOf(server, { ...GIVEN, ...more }) };
      return loadConfiguration({ env, ...configFiles({}) }).config.previousSecrets;
    };
    const former = 'Rm9ybWVyLVNlY3JldC0xOTk5LVRhbmdvLUJvc3NhLU5v';
    expect(previousGiven({})).toEqual([]);
    expect(previousGiven({ GATEHOUSE_SECRET_PREVIOUS: former })).toEqual([former]);
  });
});

const GIVEN = { GATEHOUSE_ISSUER: 'https://auth.example.com' };
