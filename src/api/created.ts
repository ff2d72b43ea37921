// What has just been made, and where it is.
import { API_PATH } from '../config/roles/product-api.ts';
import type { ApiDeps } from './deps.ts';
import type { Answer } from './operation.ts';

/** `path` below /api/v1, with its parts encoded. */
export const created = ({ config }: Pick<ApiDeps, 'config'>, path: string, body: unknown): Answer => ({
  status: 201,
  body,
  headers: { Location: `${config.issuer}${API_PATH}${path}` },
  tagged: true,
});
