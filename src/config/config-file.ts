// Finds and reads gatehouse.yaml.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './interpolation.ts';
import { shownFile } from './problem.ts';
import { parseYaml, type ReadYaml, readYamlFile } from './yaml-document.ts';

/** Every key has a default, so the file may be missing; its directory may not: that is a wrong working directory. */
export function readConfigFile(
  { env, cwd }: { env: Environment; cwd: string },
  configDir: string,
): ReadYaml & { readonly file: string } {
  const path = join(configDir, 'gatehouse.yaml');
  const file = shownFile(cwd, path);
  if (existsSync(path)) return { file, ...readYamlFile({ env, cwd }, path) };
  const misnamed = join(configDir, 'gatehouse.yml');
  if (existsSync(misnamed)) return failed(shownFile(cwd, misnamed), 'is not read; name it gatehouse.yaml');
  if (existsSync(configDir)) return { file, ...parseYaml(env, file, '') };
  return failed(shownFile(cwd, configDir), 'does not exist; start in the right directory or set GATEHOUSE_CONFIG_DIR');
}

const failed = (file: string, message: string) => ({
  file,
  document: undefined,
  problems: [{ file, line: undefined, path: '', message }],
});
