// The image a client shows on our pages: found and looked into, never fetched.
import { dirname, join } from 'node:path';
import { imageFileProblem } from '../config/branding/image-file.ts';

export type FoundLogo = { outcome: 'found'; file: string } | { outcome: 'refused'; problem: string };

/** Looks beside the client file, then in the directory `logos` of the configuration. */
export function findLogo(
  { clientFile, configDir }: { clientFile: string; configDir: string },
  name: string,
): FoundLogo {
  for (const directory of [dirname(clientFile), join(configDir, 'logos')]) {
    const file = join(directory, name);
    const problem = imageFileProblem(file);
    if (problem === undefined) return { outcome: 'found', file };
    if (problem !== 'does not exist') return { outcome: 'refused', problem: `${name} ${problem}` };
  }
  return { outcome: 'refused', problem: `${name} is neither beside this file nor in the directory logos` };
}
