// The executable: hands its words to the command line, and what comes of them to the caller as an exit code.
import process from 'node:process';
import { runCommandLine } from './cli/run.ts';

// Nothing of ours and nothing that we use asks for it, but what a visitor sends might (T56).
Reflect.deleteProperty(Object.prototype, '__proto__');

process.exitCode = await runCommandLine(process.argv.slice(2), process);
