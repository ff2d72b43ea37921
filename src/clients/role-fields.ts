// Names of roles as client files state them.
import { textWhere } from '../config/fields.ts';

/** Roles of the product itself: they leave the server only for a client whose `roles.include` names them. */
const PRODUCT_ROLE_PREFIX = 'gatehouse:';

export const isProductRole = (name: string): boolean => name.startsWith(PRODUCT_ROLE_PREFIX);

export const roleName = textWhere((name) =>
  /^[a-z](?:[a-z0-9._:-]{0,62}[a-z0-9])?$/.test(name)
    ? undefined
    : 'expected the name of a role: a to z, digits, dots, colons, dashes or underscores, a letter first',
);

export const rolePattern = textWhere((pattern) =>
  /^[a-z*][a-z0-9._:*-]{0,63}$/.test(pattern)
    ? undefined
    : 'expected the name of a role, or a pattern with * such as shop-*',
);
