// Two accounts that want one identifier at the same moment: the database decides.
import { breaksConstraint } from '../database/constraint-errors.ts';

const IDENTIFIERS = ['accounts_email_key', 'accounts_username_key'];

/** The database has refused an identifier that another account has got meanwhile. */
export const isIdentifierTaken = (error: unknown): boolean => IDENTIFIERS.some((name) => breaksConstraint(error, name));
