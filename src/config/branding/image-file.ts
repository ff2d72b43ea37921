// An image that pages show: looked into before it is trusted, never fetched.
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { whyUnreadable } from '../problem.ts';

const MOST_BYTES = 256 * 1024;

/** What is wrong with the file, to go on with its name; undefined for a PNG, WebP or SVG image that can be shown. */
export function imageFileProblem(file: string): string | undefined {
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
