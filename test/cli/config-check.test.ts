// gatehouse config check: every file, without a server or a database.
import { expect, test } from 'vitest';
import { configFiles } from '../support/config-files.ts';
import { answerOf, gatehouse } from './command-line.ts';

const place = (files: Record<string, string>) => ({ ...configFiles(files), env: {} });
const CLIENT = 'client_id: shop\npreset: spa\nredirect_uris: [https://shop.test/cb]\n';

test('what is right is counted, and a role that looks misspelt is remarked on', async () => {
  const files = {
    'config/roles.yaml': 'roles: {editor: {}, author: {client: shop}}\n',
    'config/clients/shop.yaml': `${CLIENT}access: {require_any_role: [edtior, by-hand]}\n`,
  };
  expect(await answerOf(place(files), ['config', 'check'])).toEqual({
    valid: true,
    clients: ['shop'],
    roles: ['editor', 'author'],
    problems: [],
    warnings: [
      {
        file: 'config/clients/shop.yaml',
        line: 4,
        path: 'access.require_any_role',
        message: 'there is no role "edtior"; did you mean "editor"?',
      },
    ],
  });
});

test('problems of all files are told in one go', async () => {
  const files = {
    'config/gatehouse.yaml': 'nmae: x\n',
    'config/clients/shop.yaml': `${CLIENT}consent: never\n`,
    'config/roles.yaml': 'roles: {editor: {includes: [auhtor]}, author: {}}\n',
  };
  const { exitCode, stdout } = await gatehouse(place(files), ['config', 'check']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^3 problems:/);
  for (const file of ['gatehouse.yaml:1', 'clients/shop.yaml:4', 'roles.yaml:1']) expect(stdout).toContain(file);
});
