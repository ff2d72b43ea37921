// Names of roles and groups as client files state them.
import { textWhere } from '../../config/fields.ts';
import { isProductRole, roleNameProblem } from '../../config/roles/role-names.ts';

/** Roles of the product itself exist too; rules-of-credentials.ts says that none is assigned to a client. */
export const roleName = textWhere((name) => (isProductRole(name) ? undefined : roleNameProblem(name)));

export const rolePattern = textWhere((pattern) =>
  /^[a-z*][a-z0-9._:*-]{0,63}$/.test(pattern)
    ? undefined
    : 'expected the name of a role, or a pattern with * such as shop-*',
);

export const groupName = textWhere(roleNameProblem);

/** Of names of roles. */
export const rolePrefix = textWhere((prefix) =>
  /^[a-z][a-z0-9._:-]{0,62}$/.test(prefix) ? undefined : 'expected what names of roles begin with, such as shop-',
);
