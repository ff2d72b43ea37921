// gatehouse config check: every file, without a server or a database.
import { expect, test } from 'vitest';
import { configFiles } from '../support/config-files.ts';
import { answerOf, gatehouse } from './command-line.ts';

const place = (files: Record<string, string>) => ({ ...configFiles(files), env: {} });
const CLIENT = 'client_id: shop\npreset: spa\nredirect_uris: [https://shop.test/cb]\n';

test('what is right is counted, and a role or a group that looks misspelt is remarked on', async () => {
  const files = {
    'config/roles.yaml': 'roles: {editor: {}, author: {client: shop}}\ngroups: {staff: {roles: [editor]}}\n',
    'config/clients/shop.yaml': `${CLIENT}access: {require_any_role: [edtior, by-hand], require_any_group: [staf]}\n`,
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
      {
        file: 'config/clients/shop.yaml',
        line: 4,
        path: 'access.require_any_group',
        message: 'there is no group "staf"; did you mean "staff"?',
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

test('a service whose file assigns it a role that administers is told that it does not by that', async () => {
  const roles = [
    'operator: {permissions: {gatehouse: [accounts:read]}}',
    'lead: {includes: [operator]}',
    'helper: {includes: ["gatehouse:helpdesk"]}',
    'deployer: {}',
  ];
  const service = 'client_id: robot\npreset: service\nclient_secrets: [{ env: ROBOT }]\n';
  const files = {
    'config/roles.yaml': `roles: {${roles.join(', ')}}\n`,
    'config/clients/robot.yaml': `${service}roles: {assign: [deployer, helper, lead]}\n`,
  };
  const robot = { ...place(files), env: { ROBOT: 'a-secret-of-the-robot-that-is-long-enough' } };
  const { valid, warnings } = await answerOf(robot, ['config', 'check']);
  const said = (name: string) =>
    `"${name}" carries permissions of Gatehouse itself, which no client file can give; "clients" of roles.yaml or an administrator can`;
  expect([valid, warnings]).toEqual([
    true,
    ['helper', 'lead'].map((name) => ({
      file: 'config/clients/robot.yaml',
      line: 4,
      path: 'roles.assign',
      message: said(name),
    })),
  ]);
});

test('a client that shows more roles than a token should have is named, with the line that shows them', async () => {
  const many = Array.from({ length: 4 }, (_, at) => `shop-${at}: {}`).join(', ');
  const files = (roles: string) => ({
    'config/gatehouse.yaml': 'tokens: { most_roles: 3 }\n',
    'config/roles.yaml': `roles: {${many}, other: {client: elsewhere}, editor: {}}\n`,
    'config/clients/elsewhere.yaml': `client_id: elsewhere\npreset: spa\nredirect_uris: [https://x.test/cb]\nroles: {include: [editor]}\n`,
    'config/clients/shop.yaml': `${CLIENT}roles: ${roles}\n`,
  });
  expect(await answerOf(place(files('{include: ["shop-*"]}')), ['config', 'check'])).toMatchObject({
    valid: true,
    warnings: [
      {
        file: 'config/clients/shop.yaml',
        line: 4,
        path: 'roles.include',
        message: 'shows 4 roles, more than a token should have (tokens.most_roles: 3); narrow it down',
      },
    ],
  });
  const narrow = await answerOf(place(files('{include: ["shop-1", "shop-2", editor]}')), ['config', 'check']);
  expect(narrow).toMatchObject({ warnings: [] });
});
