// The environment wins over the file, and is checked like it.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { configFiles, linesOf, PRODUCTION, problemsOf } from '../../support/config-files.ts';

const FILE = `
mode: production
issuer: https://file.test
server: {host: "::1", port: 4000}
database: {url: "postgres://file/db"}
logging: {level: warn}
`;

function load(env: Record<string, string>, files: Record<string, string> = { 'config/gatehouse.yaml': FILE }) {
  const { cwd } = configFiles(files);
  return { cwd, ...loadConfig({ env, cwd }) };
}

test('the file speaks where the environment is silent or empty', () => {
  const secret = PRODUCTION['GATEHOUSE_SECRET'] ?? '';
  const { config } = load({
    GATEHOUSE_SECRET: secret,
    PORT: '',
    GATEHOUSE_ISSUER: '',
    DATABASE_URL: '',
    GATEHOUSE_MODE: '',
  });
  expect(config).toMatchObject({
    mode: 'production',
    issuer: 'https://file.test',
    server: { host: '::1', port: 4000 },
    database: { url: 'postgres://file/db' },
    logging: { level: 'warn', format: 'json' },
  });
});

test('every variable wins over its key', () => {
  const { config, cwd } = load({
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_ISSUER: 'https://env.test',
    HOST: '0.0.0.0',
    PORT: '5000',
    DATABASE_URL: 'postgresql://env/db',
    GATEHOUSE_LOG_LEVEL: 'debug',
    GATEHOUSE_SECRET: 'short but given',
    GATEHOUSE_DATA_DIR: 'elsewhere',
  });
  expect(config).toMatchObject({
    mode: 'development',
    issuer: 'https://env.test',
    masterSecret: 'short but given',
    server: { host: '0.0.0.0', port: 5000 },
    database: { url: 'postgresql://env/db' },
    logging: { level: 'debug', format: 'pretty' },
    paths: { configDir: join(cwd, 'config'), clientsDir: join(cwd, 'config/clients'), dataDir: join(cwd, 'elsewhere') },
  });
});

test('in development the issuer follows the port', () => {
  const { config } = load({ GATEHOUSE_MODE: 'development', PORT: '5000' }, {});
  expect(config).toMatchObject({
    issuer: 'http://localhost:5000',
    tokens: { defaultAudience: 'http://localhost:5000' },
  });
});

describe('a wrong variable', () => {
  test.each([
    ['GATEHOUSE_MODE', 'dev', 'expected "development" or "production", found "dev"'],
    ['PORT', '0', 'expected a port from 1 to 65535, found "0"'],
    ['PORT', '3000x', 'expected a port from 1 to 65535'],
    ['HOST', 'http://localhost', 'expected an address to listen on'],
    ['DATABASE_URL', 'pglite', 'expected a URL such as postgres://'],
    ['GATEHOUSE_ISSUER', 'http://auth.shop.test', 'must be https'],
    ['GATEHOUSE_LOG_LEVEL', 'inf', 'did you mean "info"?'],
    ['GATEHOUSE_SECRET_FILE', '/nowhere/secret', '/nowhere/secret does not exist'],
  ])('%s=%s', (name, value, message) => {
    expect(linesOf(problemsOf({}, { GATEHOUSE_MODE: 'development', [name]: value }))).toEqual([
      expect.stringContaining(`environment:- ${name}: `),
    ]);
    expect(linesOf(problemsOf({}, { GATEHOUSE_MODE: 'development', [name]: value }))[0]).toContain(message);
  });
});

test('there is no default mode, and the problem says what to set', () => {
  expect(linesOf(problemsOf({}, {}))).toEqual([
    'environment:- GATEHOUSE_MODE: is not set, and there is no default; set it to "development" or "production" (or state mode: in config/gatehouse.yaml)',
  ]);
});

test('the secret may stand in a file, without the line end an editor adds', () => {
  const { config } = load(
    { ...PRODUCTION, GATEHOUSE_SECRET: '', GATEHOUSE_SECRET_FILE: 'run/secret' },
    { 'run/secret': 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv\r\n' },
  );
  expect(config?.masterSecret).toBe('Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv');
});

test('the secret cannot be given twice', () => {
  const env = { ...PRODUCTION, GATEHOUSE_SECRET_FILE: 'run/secret' };
  expect(linesOf(problemsOf({ 'run/secret': 'x' }, env))).toEqual([
    'environment:- GATEHOUSE_SECRET_FILE: is set together with GATEHOUSE_SECRET; set one of them',
  ]);
});
