// What stands in the files now, in short: equal digests mean that there is nothing to load.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface FileDigests {
  /** Of gatehouse.yaml. */
  readonly server: string;
  /** Of roles.yaml. */
  readonly roles: string;
  /** Of the client files and of what they name: logos, files with secrets. */
  readonly clients: string;
}

export interface WatchedPlaces {
  readonly configDir: string;
  readonly clientsDir: string;
  /** Files with secrets that client files name. */
  readonly secretFiles: readonly string[];
}

export const logosDir = (configDir: string): string => join(configDir, 'logos');

/** Reads without holding up requests, however slow the file system is. */
export async function digestFiles({ configDir, clientsDir, secretFiles }: WatchedPlaces): Promise<FileDigests> {
  const beside = await Promise.all([clientsDir, logosDir(configDir)].map(filesIn));
  const named = [...new Set([...beside.flat(), ...secretFiles])];
  return {
    server: await digest(spellingsOf(configDir, 'gatehouse')),
    roles: await digest(spellingsOf(configDir, 'roles')),
    clients: await digest([clientsDir, ...named]),
  };
}

/** One that is named wrongly is a problem to be told. */
const spellingsOf = (configDir: string, name: string): readonly string[] =>
  ['yaml', 'yml'].map((ending) => join(configDir, `${name}.${ending}`));

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((name) => /^[^.].*\.(?:yaml|yml|svg|png|webp)$/.test(name))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

async function digest(files: readonly string[]): Promise<string> {
  const contents = await Promise.all(files.map(async (file) => [file, await contentOf(file)]));
  return sha256(JSON.stringify(contents.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))));
}

/** Why a file cannot be read belongs to what is known of it. */
async function contentOf(file: string): Promise<string> {
  try {
    return sha256(await readFile(file));
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  }
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('base64');
