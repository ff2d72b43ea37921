// The executable: hands its words to the command line, and what comes of them to the caller as an exit code.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

// Nothing of ours and nothing that we use asks for it, but what a visitor sends might (T56).
Reflect.deleteProperty(Object.prototype, '__proto__');

// Whoever imports `node:http` as a module reads all that it offers, and some of that loads a whole client for it. Nothing here asks for it.
const http = process.getBuiltinModule('node:http');
for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) Reflect.deleteProperty(http, name);

// What has been compiled is kept beside the packages, where whoever can write could change the program as well; where that
// is nobody, nothing is kept. NODE_COMPILE_CACHE names another place.
if (process.env['NODE_COMPILE_CACHE'] === undefined) {
  enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/gatehouse'));
}

const { runCommandLine } = await import('./cli/run.ts');

process.exitCode = await runCommandLine(process.argv.slice(2), process);
