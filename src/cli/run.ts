// One command line from its words to its exit code.
import { type Command, CommanderError } from 'commander';
import { CommandFailed, exitCodeOf, explain, type Failure, ForPrograms } from './failure.ts';
import { neutralLines, toJson } from './output.ts';
import { buildServerProgram } from './serve/commands.ts';
import type { Answer, Terminal } from './terminal.ts';

/** 0 done, 1 refused or failed, 2 the command line was not understood. Never throws. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  terminal.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`| head`) is no failure.
    if (error.code !== 'EPIPE') throw error;
  });
  const json = words.includes('--json');
  let answer: Partial<Answer> = {};
  const program = (await builderFor(words))(
    async (work) => {
      answer = await work({ terminal, json });
    },
    (fresh) => writeTo(terminal, fresh, json),
  );
  try {
    await program.parseAsync(words, { from: 'user' });
    tell(answer, { terminal, json });
    return answer.exitCode ?? 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = explain(error instanceof CommanderError ? usageMistake(program, words, error) : error);
    const forPrograms = json || error instanceof ForPrograms;
    terminal.stderr.write(forPrograms ? `${toJson({ error: failure })}\n` : forPeople(failure));
    return exitCodeOf(failure);
  }
}

/** A server is there for long, and does not carry the other commands along. */
const builderFor = async ([first]: readonly string[]): Promise<typeof buildServerProgram> =>
  first === 'serve' ? buildServerProgram : (await import('./commands.ts')).buildProgram;

/** Help goes where it belongs; mistakes are thrown and told once, by us. */
function writeTo({ stdout, stderr }: Terminal, program: Command, json: boolean): void {
  program.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => json || stderr.write(text),
    outputError: () => undefined,
  });
}

function tell({ result, text }: Partial<Answer>, { terminal, json }: { terminal: Terminal; json: boolean }): void {
  if (text === undefined) return;
  terminal.stdout.write(json ? `${toJson(result)}\n` : `${neutralLines(text)}\n`);
}

function usageMistake(program: Command, words: readonly string[], { code, message }: CommanderError): CommandFailed {
  if (code === 'commander.help') return new CommandFailed('usage', 'A command is missing.');
  const what = sentence(message.replace(/^error: /, ''));
  return new CommandFailed('usage', `${what}\nSee: ${commandPath(program, words)} --help`);
}

function commandPath(program: Command, words: readonly string[]): string {
  let command = program;
  const path = [program.name()];
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) continue;
    command = next;
    path.push(word);
  }
  return path.join(' ');
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const forPeople = ({ message, stack }: Failure): string =>
  neutralLines(stack === undefined ? `${message}\n` : `${message}\n\n${stack}\n`);
