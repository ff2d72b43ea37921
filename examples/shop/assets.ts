// Style sheet and pictures: read once, served under names that change with their contents.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Context } from 'koa';

export interface Assets {
  /** The address of a file, such as `pictures/globe.svg`. @throws if there is no such file. */
  url(file: string): string;
  serve(ctx: Context, file: string): void;
}

const TYPES: Readonly<Record<string, string>> = { '.css': 'text/css', '.svg': 'image/svg+xml' };
const folder = join(import.meta.dirname, 'assets');

export function loadAssets(): Assets {
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => extname(name) in TYPES)
      .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(folder, name))]),
  );
  const versions = new Map(
    [...files].map(([name, body]) => [name, createHash('sha256').update(body).digest('hex').slice(0, 10)]),
  );
  return {
    url(file) {
      const version = versions.get(file);
      if (version === undefined) throw new Error(`there is no asset ${file}`);
      return `/assets/${file}?v=${version}`;
    },
    serve(ctx, file) {
      const body = files.get(file);
      if (body === undefined) return;
      ctx.set(
        'Cache-Control',
        ctx.query['v'] === versions.get(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      ctx.type = TYPES[extname(file)] ?? '';
      ctx.body = body;
    },
  };
}
