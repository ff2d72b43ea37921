// The executable: hands its words to the command line, and what comes of them to the caller as an exit code.
import process from 'node:process';
import { runCommandLine } from './cli/run.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), process);
