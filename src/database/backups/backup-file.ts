// The file of a backup: a head of fixed length that says what follows, then the dump as its tool has written it.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { BackupRefused } from './refused.ts';

/** `tail -c +16385 FILE` is what pg_restore or tar reads. */
export const HEAD_BYTES = 16_384;

const FORMAT = 1;

const manifestShape = z.object({
  gatehouse_backup: z.number(),
  kind: z.enum(['embedded', 'postgresql']),
  /** Of PostgreSQL. */
  engine: z.string(),
  /** Of Gatehouse. */
  version: z.string(),
  made_at: z.iso.datetime(),
  migrations: z.array(z.string()),
  /** By table. */
  rows: z.record(z.string(), z.number()),
  /** A seal on the head and the SHA-256: opens under the master secret that the contents are sealed with, and under no other. */
  seal: z.string(),
  bytes: z.number(),
  sha256: z.string(),
});

export type Manifest = Readonly<z.infer<typeof manifestShape>>;
export type ManifestFacts = Omit<Manifest, 'gatehouse_backup' | 'bytes' | 'sha256' | 'seal'>;

export interface BackupSteps {
  /** Writes the dump. */
  fill(payload: Writable): Promise<ManifestFacts>;
  seal(sha256: string): string;
  /** @throws if what was written is not what it should be */
  verify(draft: string, manifest: Manifest): Promise<void>;
}

/** Under its name there is a whole and verified backup, or nothing; an empty file if it is killed as it gives the name. */
export async function writeBackup(file: string, steps: BackupSteps): Promise<Manifest> {
  if (existsSync(file)) throw existsAlready(file);
  const draft = `${file}.${process.pid}.part`;
  try {
    const manifest = await writeDraft(draft, steps);
    await verifyPayload(draft, manifest);
    await steps.verify(draft, manifest);
    await giveName(draft, file);
    await syncDirectory(path.dirname(file));
    return manifest;
  } finally {
    rmSync(draft, { force: true });
  }
}

const existsAlready = (file: string): BackupRefused =>
  new BackupRefused('file_exists', `${file} exists already. Nothing was written.`);

/** A rename alone would replace what has got that name meanwhile, and not every file system has links. */
async function giveName(draft: string, file: string): Promise<void> {
  const taken = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? existsAlready(file) : error;
  });
  await taken.close();
  try {
    await rename(draft, file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

async function writeDraft(draft: string, { fill, seal }: BackupSteps): Promise<Manifest> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    const { payload, written } = payloadInto(handle);
    const facts = await fill(payload);
    await new Promise<void>((resolve) => payload.end(resolve));
    const { bytes, sha256 } = written();
    const manifest = { gatehouse_backup: FORMAT, ...facts, bytes, sha256, seal: seal(sha256) };
    await handle.write(headOf(manifest), 0, HEAD_BYTES, 0);
    await handle.sync();
    return manifest;
  } finally {
    await handle.close();
  }
}

function payloadInto(handle: FileHandle): { payload: Writable; written: () => { bytes: number; sha256: string } } {
  const hash = createHash('sha256');
  let bytes = 0;
  const payload = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      handle.write(chunk, 0, chunk.length, HEAD_BYTES + bytes).then(() => done(), done);
      bytes += chunk.length;
    },
  });
  return { payload, written: () => ({ bytes, sha256: hash.digest('hex') }) };
}

function headOf(manifest: Manifest): Buffer {
  const head = Buffer.alloc(HEAD_BYTES, ' ');
  const text = JSON.stringify(manifest);
  if (Buffer.byteLength(text) >= HEAD_BYTES) throw new Error('the head of a backup is too short for its manifest');
  head.write(text);
  head.write('\n', HEAD_BYTES - 1);
  return head;
}

/** @throws BackupRefused for whatever is no backup that this version can read */
export async function readManifest(file: string): Promise<Manifest> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const json: unknown = parsed(buffer.subarray(0, bytesRead).toString());
    const format = z.object({ gatehouse_backup: z.number() }).safeParse(json).data?.gatehouse_backup;
    if (format !== undefined && format > FORMAT) {
      throw new BackupRefused('backup_newer', `${file} was made by a newer Gatehouse: restore it with that one.`);
    }
    const manifest = manifestShape.safeParse(json);
    if (!manifest.success) throw new BackupRefused('backup_broken', `${file} is not a backup of Gatehouse.`);
    return manifest.data;
  } finally {
    await handle.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const payloadOf = (file: string): Readable => createReadStream(file, { start: HEAD_BYTES });

/** @throws BackupRefused `backup_broken` if a byte differs from what was written */
export async function verifyPayload(file: string, { bytes, sha256 }: Manifest): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of payloadOf(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.length;
  }
  if (length === bytes && hash.digest('hex') === sha256) return;
  throw new BackupRefused('backup_broken', `${file} is damaged: it is not what was written. Use another backup.`);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
