// Images that operators have put beside their configuration: the server's own logo, and those of clients.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Refusal } from '../../errors.ts';
import type { Handler, RouteContext } from '../../http/route.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** `fileFor` gives the absolute path of an image that was looked into when the configuration was read. */
export const sendImage =
  (fileFor: (ctx: RouteContext) => string | undefined): Handler =>
  async (ctx) => {
    const file = fileFor(ctx);
    const type = file === undefined ? undefined : TYPES[extname(file)];
    // The file may have gone since then.
    const image = file === undefined || type === undefined ? undefined : await readFile(file).catch(() => undefined);
    if (image === undefined || type === undefined) {
      throw new Refusal({ code: 'not_found', status: 404, reason: 'no_such_logo', message: 'There is no such logo.' });
    }
    ctx.body = image;
    ctx.type = type;
  };
