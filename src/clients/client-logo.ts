// The image a client shows on our pages: found, looked into, never fetched.
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { whyUnreadable } from '../config/problem.ts';

const MOST_BYTES = 256 * 1024;

export type FoundLogo = { outcome: 'found'; file: string } | { outcome: 'refused'; problem: string };

/** Looks beside the client file, then in the directory `logos` of the configuration. */
export function findLogo(
  { clientFile, configDir }: { clientFile: string; configDir: string },
  name: string,
): FoundLogo {
  for (const directory of [dirname(clientFile), join(configDir, 'logos')]) {
    const file = join(directory, name);
    const problem = logoProblem(file);
    if (problem === undefined) return { outcome: 'found', file };
    if (problem !== 'does not exist') return { outcome: 'refused', problem: `${name} ${problem}` };
  }
  return { outcome: 'refused', problem: `${name} is neither beside this file nor in the directory logos` };
}

function logoProblem(file: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return whyUnreadable(error);
  }
  if (bytes.length > MOST_BYTES) return `is larger than ${MOST_BYTES / 1024} KiB`;
  return contentProblem(extname(file), bytes);
}

function contentProblem(extension: string, bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (extension === '.png') return text.startsWith('\x89PNG\r\n\x1a\n') ? undefined : 'is not a PNG image';
  if (extension === '.webp') return /^RIFF.{4}WEBP/s.test(text) ? undefined : 'is not a WebP image';
  if (!/<svg[\s>]/i.test(text)) return 'is not an SVG image';
  // Our pages show it as an image, which runs nothing; opened by its own address it would be a document of our origin.
  return /<script|<foreignobject|<!entity|javascript:|[\s"'/]on[a-z]+\s*=/i.test(text)
    ? 'contains active content'
    : undefined;
}
