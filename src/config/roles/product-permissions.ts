// What administrators of this server may be allowed to do, one sentence each.
import { ADMIN_ROLE } from './role-names.ts';

/** Where permissions of the product stand among those of APIs and apps. */
export const PRODUCT_RESOURCE = 'gatehouse';

export const PRODUCT_PERMISSIONS = {
  'accounts:read': 'See accounts, their sessions, apps and factors',
  'accounts:write': 'Create, invite, change, ban and unban accounts, and start password resets',
  'accounts:delete': 'Delete accounts and download their data',
  'accounts:factors': 'Reset second factors',
  'roles:read': 'See roles, permissions and who has them',
  'roles:write': 'Create, change and delete roles and permissions',
  'roles:assign': 'Give roles to accounts and take them away',
  'groups:read': 'See groups and their members',
  'groups:write': 'Create, change and delete groups, and their members',
  'clients:read': 'See apps and their settings',
  'sessions:read': 'See who is signed in',
  'sessions:end': 'End sessions',
  'keys:read': 'See signing keys',
  'keys:rotate': 'Replace signing keys',
  'audit:read': 'See and export what happened',
  'outbox:read': 'See mails that wait or have failed',
  'outbox:write': 'Send mails again and drop them',
  'config:read': 'See the configuration in force',
} as const;

export type ProductPermission = keyof typeof PRODUCT_PERMISSIONS;

export const isProductPermission = (name: string): name is ProductPermission =>
  Object.hasOwn(PRODUCT_PERMISSIONS, name);

export const ALL_PRODUCT_PERMISSIONS = Object.keys(PRODUCT_PERMISSIONS) as readonly ProductPermission[];

export const HELPDESK_ROLE = 'gatehouse:helpdesk';
export const AUDITOR_ROLE = 'gatehouse:auditor';

/** What the product's own roles carry; nobody changes it. */
export const PRODUCT_ROLES: Readonly<Record<string, readonly ProductPermission[]>> = {
  [ADMIN_ROLE]: ALL_PRODUCT_PERMISSIONS,
  [HELPDESK_ROLE]: [
    'accounts:read',
    'accounts:write',
    'accounts:factors',
    'roles:read',
    'groups:read',
    'sessions:read',
    'sessions:end',
    'audit:read',
  ],
  [AUDITOR_ROLE]: ALL_PRODUCT_PERMISSIONS.filter((name) => name.endsWith(':read')),
};
