// Static files: read at start, served from memory under names that change with their content.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type Koa from 'koa';
import { Refusal } from '../errors.ts';
import './state.ts';

export interface Assets {
  /** @throws Error for a name that is not in the folder */
  url(name: string): string;
  /** Answers everything under the prefix, with 404 for what is not there; passes on the rest. */
  readonly serve: Koa.Middleware;
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Seconds: a year, the longest that RFC 9111 caches honour; the name changes when the content does. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** `made`: files that are not in the folder, by name, with their text. @throws Error for a file of a type we do not serve: better at start than as a page without its picture */
export function loadAssets(folder: string, made: Readonly<Record<string, string>> = {}, prefix = '/assets/'): Assets {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
  const urls = new Map<string, string>();
  const byPath = new Map<string, Asset>();
  const assets = [
    ...names.map((name) => [name, assetOf(name, readFileSync(join(folder, name)))] as const),
    ...Object.entries(made).map(([name, text]) => [name, assetOf(name, Buffer.from(text))] as const),
  ];
  for (const [name, asset] of assets) {
    const extension = extname(name);
    const path = `${prefix}${name.slice(0, -extension.length)}.${asset.etag}${extension}`;
    urls.set(name, path);
    byPath.set(path, asset);
  }
  return {
    url(name) {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`no asset ${name} in ${folder}`);
      return url;
    },
    serve: async (ctx, next) => {
      if (!ctx.path.startsWith(prefix)) return next();
      ctx.state.route = `${prefix}:file`;
      ctx.state.quiet = true;
      answer(ctx, byPath.get(ctx.path));
    },
  };
}

function assetOf(name: string, content: Buffer): Asset {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`${name} is of a type that is not served`);
  return { type, content, etag: createHash('sha256').update(content).digest('hex').slice(0, 16) };
}

function answer(ctx: Koa.Context, asset: Asset | undefined): void {
  if (asset === undefined) {
    throw new Refusal({
      code: 'not_found',
      status: 404,
      reason: 'no_such_file',
      message: 'There is no such file here.',
    });
  }
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
    ctx.set('Allow', 'GET, HEAD');
    throw new Refusal({
      code: 'method_not_allowed',
      status: 405,
      reason: 'read_only_file',
      message: 'Files can only be read.',
    });
  }
  ctx.status = 200;
  ctx.set('Cache-Control', IMMUTABLE);
  ctx.etag = asset.etag;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.set('Content-Type', asset.type);
  ctx.body = asset.content;
}
