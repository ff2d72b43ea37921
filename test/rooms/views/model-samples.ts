// The console's pages about roles, groups and permissions, in each of their states.
import { consoleState } from './console-samples.ts';
import type { Sample } from './samples.ts';

const at = new Date('2026-05-03T10:00:00Z');
const LONG = 'regional-procurement-and-reimbursement-approvers:northern-districts:2nd';
const MAIL = 'maximiliana.featherstonehaugh-cholmondeley@research-and-development.department.example';

const made = { text: 'made here', kind: 'quiet' };
const declared = {
  text: 'from roles.yaml',
  kind: 'quiet',
  help: 'It stands in config/roles.yaml and is changed there.',
};

const permission = { name: 'posts:add', description: 'Can add a post', on: true };
const resources = [
  {
    resource: 'https://api.shop.example',
    name: 'Shop API',
    permissions: [permission, { ...permission, name: LONG, on: false }],
  },
];
const others = [
  { name: 'viewer', description: 'Reads', on: true, href: '/admin/roles/viewer' },
  { name: LONG, description: '', on: false, href: '/admin/roles/long' },
];
const holders = [
  {
    href: '/admin/accounts/1',
    email: MAIL,
    name: 'Maximiliana',
    isBanned: true,
    why: [
      { text: 'group staff: editor → viewer', until: at },
      { text: 'given: viewer', until: undefined },
    ],
  },
  { href: undefined, email: 'ada@example.com', name: undefined, isBanned: false, why: [] },
];
const problem = { summary: 'This belongs to the product itself and stays as it is.' };
const fine = { problem: undefined, errors: [] };

const role = {
  back: '/admin/roles',
  role: { name: 'editor', description: 'Writes posts', needsFactor: true },
  origin: made,
  scope: undefined,
  resources,
  includes: others,
  effective: ['Shop API: posts:read'],
  groups: [{ name: 'staff', href: '/admin/groups/staff' }, { name: LONG }],
  includedBy: [],
  services: [{ id: 'robot', name: 'Robot', on: true, byFile: true }],
  holders,
  holdersPager: { older: '/admin/roles/editor?after=1' },
  serviceHolders: [{ name: LONG, why: [{ text: 'given: editor', until: undefined }] }],
  ...fine,
};

const group = {
  back: '/admin/groups',
  group: { description: 'Everybody who works here' },
  origin: made,
  typed: {},
  wrong: {},
  roles: others,
  effective: ['Shop API: posts:add'],
  members: [
    { accountId: '1', href: '/admin/accounts/1', email: MAIL, name: 'Maximiliana', since: at, until: at },
    { accountId: '2', email: 'ada@example.com', since: at },
  ],
  pager: {},
  ...fine,
};

const onePermission = {
  back: '/admin/permissions',
  permission: { resource: 'https://api.shop.example', name: 'posts:add', description: 'Can add a post' },
  resource: 'Shop API',
  origin: made,
  roles: [{ name: 'editor', href: '/admin/roles/editor' }],
  holders: [],
  holdersPager: {},
  serviceHolders: [{ name: 'Robot', why: [{ text: 'given: editor → viewer', until: undefined }] }],
  ...fine,
};

const preview = {
  action: '/admin/preview',
  asked: {},
  clients: [{ value: 'shop', label: 'Demo Shop' }],
  resources: [{ value: '', label: '–' }],
  trouble: undefined,
  shown: undefined,
};

const wrongName = {
  problem: { summary: 'Use small letters.', field: 'name' },
  errors: [{ field: 'name', message: 'Use small letters.' }],
  wrong: { name: 'Use small letters.' },
};

export const modelPages: readonly Sample[] = [
  consoleState('model/roles', 'that are read', {
    problems: ['config/roles.yaml:2  roles.editor: expected a mapping'],
    roles: [],
  }),
  consoleState('model/roles', 'that are changed', {
    problems: [],
    create: '/admin/new-role',
    roles: [
      {
        name: 'editor',
        href: '/admin/roles/editor',
        description: 'Writes',
        accounts: '12',
        origin: made,
        scope: undefined,
        needsFactor: true,
      },
      {
        name: LONG,
        href: '/admin/roles/long',
        description: MAIL,
        accounts: '10,000+',
        origin: declared,
        scope: 'Demo Shop',
        needsFactor: false,
      },
    ],
  }),
  consoleState('model/role', 'to be changed', {
    ...role,
    change: '/admin/roles/editor',
    givePermission: '/admin/roles/editor/permission',
    include: '/admin/roles/editor/include',
    remove: '/admin/roles/editor/delete',
    giveClient: '/admin/roles/editor/client',
  }),
  consoleState('model/role', 'to be read', { ...role, origin: declared, scope: 'Shop API', resources: [], problem }),
  consoleState('model/new-role', 'empty', {
    back: '/admin/roles',
    action: '/admin/roles',
    typed: {},
    scopes: [{ value: '', label: '–' }],
    wrong: {},
    ...fine,
  }),
  consoleState('model/new-role', 'with a mistake', {
    back: '/admin/roles',
    action: '/admin/roles',
    typed: { name: 'Sub', description: 'x', mfa: 'on' },
    scopes: [{ value: '', label: '–' }],
    ...wrongName,
  }),
  consoleState('model/delete', 'asking', {
    question: 'Delete?',
    consequences: ['12'],
    action: '/admin/permissions/delete',
    cancel: '/admin/permissions',
    fields: { resource: 'a', name: 'b' },
  }),
  consoleState('model/groups', 'with none', { groups: [] }),
  consoleState('model/groups', 'with some', {
    create: '/admin/new-group',
    groups: [
      {
        name: LONG,
        href: '/admin/groups/long',
        description: MAIL,
        roles: 'editor, viewer',
        members: '3',
        origin: made,
      },
    ],
  }),
  consoleState('model/group', 'to be changed', {
    ...group,
    change: '/admin/groups/staff',
    carry: '/admin/groups/staff/role',
    add: '/admin/groups/staff/add',
    removeMember: '/admin/groups/staff/remove',
    remove: '/admin/groups/staff/delete',
    typed: { who: 'nobody', until: 'soon' },
    wrong: { who: 'nobody', until: 'soon' },
    problem: { summary: 'nobody', field: 'who' },
    errors: [
      { field: 'who', message: 'nobody' },
      { field: 'until', message: 'soon' },
    ],
  }),
  consoleState('model/group', 'to be read', { ...group, origin: declared, roles: [], members: [] }),
  consoleState('model/new-group', 'empty', {
    back: '/admin/groups',
    action: '/admin/groups',
    typed: {},
    wrong: {},
    ...fine,
  }),
  consoleState('model/new-group', 'with a mistake', {
    back: '/admin/groups',
    action: '/admin/groups',
    typed: { name: 'A' },
    ...wrongName,
  }),
  consoleState('model/permissions', 'by resource', {
    create: '/admin/new-permission',
    resources: [
      {
        resource: 'https://api.shop.example',
        name: 'Shop API',
        permissions: [
          { name: 'posts:add', description: 'Can add a post', href: '/admin/permissions/one', origin: made },
        ],
      },
    ],
  }),
  consoleState('model/permission', 'to be changed', {
    ...onePermission,
    change: '/admin/permissions/change',
    remove: '/admin/permissions/delete',
  }),
  consoleState('model/permission', 'to be read', { ...onePermission, origin: declared, holders, problem }),
  consoleState('model/new-permission', 'empty', {
    back: '/admin/permissions',
    action: '/admin/permissions',
    typed: {},
    resources: [{ value: 'shop', label: 'Demo Shop' }],
    wrong: {},
    ...fine,
  }),
  consoleState('model/new-permission', 'with a mistake', {
    back: '/admin/permissions',
    action: '/admin/permissions',
    typed: { name: 'A' },
    resources: [{ value: 'shop', label: 'Demo Shop' }],
    ...wrongName,
  }),
  consoleState('model/preview', 'as it opens', preview),
  consoleState('model/preview', 'with trouble', { ...preview, trouble: 'nobody' }),
  consoleState('model/preview', 'with tokens', {
    ...preview,
    asked: { user: 'ada@example.com', client: 'shop' },
    shown: {
      person: 'ada@example.com',
      refused: 'refused',
      secondFactor: true,
      terms: true,
      scope: 'openid roles',
      audience: 'https://api.shop.example',
      perSignIn: 'iat, exp',
      tokens: [{ title: 'ID token', claims: [{ name: 'roles', value: '["editor"]', from: 'editor' }] }],
      roles: [
        { role: 'editor', shownAs: 'editor', why: ['editor'] },
        { role: LONG, shownAs: undefined, why: [] },
      ],
    },
  }),
];
