// The addresses of these pages.
import { ACCOUNT_PATH } from '../../signed-in/paths.ts';

export const SECURITY_PATH = `${ACCOUNT_PATH}/security`;
export const NEW_AUTHENTICATOR_PATH = `${ACCOUNT_PATH}/authenticators/new`;
export const RECOVERY_CODES_PATH = `${ACCOUNT_PATH}/recovery-codes`;
export const DOWNLOAD_PATH = `${RECOVERY_CODES_PATH}/download`;

export const renamePath = (id: string): string => `${ACCOUNT_PATH}/authenticators/${id}`;
export const removePath = (id: string): string => `${renamePath(id)}/remove`;
