// What an operator types, and what becomes of it when it is not a command.
import { expect, test } from 'vitest';
import { VERSION } from '../../src/package.ts';
import { failureOf, gatehouse } from './command-line.ts';

const NOWHERE = { cwd: '/', env: {} };

const COMMANDS = [
  ['serve'],
  ['migrate'],
  ['user', 'create'],
  ['user', 'list'],
  ['user', 'show'],
  ['user', 'ban'],
  ['user', 'unban'],
  ['user', 'delete'],
  ['user', 'reset-mfa'],
  ['user', 'set-password'],
  ['role', 'list'],
  ['role', 'create'],
  ['role', 'delete'],
  ['role', 'grant'],
  ['role', 'revoke'],
  ['client', 'list'],
  ['client', 'show'],
  ['client', 'validate'],
  ['client', 'new'],
  ['client', 'secret', 'new'],
  ['keys', 'list'],
  ['keys', 'rotate'],
  ['keys', 'revoke'],
  ['secrets', 'reseal'],
  ['config', 'schema'],
];

test.each(COMMANDS)('gatehouse %s %s %s explains itself, --json included', async (...command) => {
  const words = command.filter((word) => word !== undefined);
  const { exitCode, stdout, stderr } = await gatehouse(NOWHERE, [...words, '--help']);
  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  expect(stdout).toContain(`Usage: gatehouse ${words.join(' ')} [options]`);
  expect(stdout).toContain('--json');
});

test('the help lists every group of commands, the exit codes and when development is taken for granted', async () => {
  const { stdout, exitCode } = await gatehouse(NOWHERE, ['--help']);
  expect(exitCode).toBe(0);
  for (const word of [
    'serve',
    'migrate',
    'user',
    'role',
    'client',
    'config',
    'Exit codes',
    'take development for granted',
  ]) {
    expect(stdout).toContain(word);
  }
});

test('the version is that of the package', async () => {
  expect(await gatehouse(NOWHERE, ['--version'])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: '' });
});

test('without a command the help is shown, as a mistake', async () => {
  for (const words of [[], ['user'], ['role'], ['client'], ['client', 'secret'], ['config']]) {
    const { exitCode, stdout, stderr } = await gatehouse(NOWHERE, words);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Usage: gatehouse .*A command is missing\.\n$/s);
  }
});

test.each([
  [['usr', 'list'], /^Unknown command 'usr'\n\(Did you mean user\?\)\nSee: gatehouse --help\n$/],
  [['user', 'lst'], /^Unknown command 'lst'\n\(Did you mean list\?\)\nSee: gatehouse user --help\n$/],
  [['user', 'list', '--limt', '3'], /^Unknown option '--limt'\n\(Did you mean --limit\?\)\nSee: gatehouse user list/],
  [['user', 'show'], /^Missing required argument 'who'\nSee: gatehouse user show --help\n$/],
  [['user', 'show', 'one', 'two'], /^Too many arguments/],
  [['user', 'create'], /^Required option '--email <address>' not specified\n/],
  [['user', 'list', '--limit', '0'], /whole number from 1/],
  [['user', 'list', '--status', 'gone'], /Allowed choices are active, banned/],
])('gatehouse %s is refused with 2 and one message', async (words, message) => {
  const { exitCode, stdout, stderr } = await gatehouse(NOWHERE, words);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test('with --json a mistake is one JSON value on stderr', async () => {
  expect(await failureOf(NOWHERE, ['user', 'show'])).toEqual({
    exitCode: 2,
    code: 'usage',
    message: "Missing required argument 'who'\nSee: gatehouse user show --help",
  });
  expect(await failureOf(NOWHERE, ['user'])).toMatchObject({ exitCode: 2, code: 'usage' });
});

test('what cannot be undone needs --yes where nobody can be asked, before anything is opened', async () => {
  for (const words of [
    ['user', 'delete', 'jane'],
    ['role', 'delete', 'vendor'],
  ]) {
    expect(await failureOf(NOWHERE, words)).toMatchObject({ exitCode: 2, message: expect.stringContaining('--yes') });
  }
});
