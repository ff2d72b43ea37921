// gatehouse client validate: everything a server would refuse in the client files, before it has to.
import { type OnlineDeps, onlineProblems } from '../../clients/online/online-problems.ts';
import type { KnownConfig } from '../../config/load.ts';
import { formatProblems, type Problem } from '../../config/problem.ts';
import { checkHost } from '../../outgoing/check-host.ts';
import { createOutgoing } from '../../outgoing/outgoing.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { readClientFiles } from './read-files.ts';

/** Milliseconds for one address. */
const TIMEOUT_MS = 5_000;

/** Needs no database and no mode; without a mode only what development and production both refuse is a problem. */
export async function validateClients(invocation: Invocation, { online }: { online: boolean }): Promise<Answer> {
  const { problems: ofServerFile, loaded, known } = readClientFiles(invocation);
  // The engine takes a second to load.
  const { problemsOfEngine } = await import('../../server/engine-for-checks.ts');
  const problems = [
    ...ofServerFile,
    ...loaded.problems,
    ...(await problemsOfEngine(loaded.clients)),
    ...(online ? await onlineProblems(onlineDeps(known), loaded.files) : []),
  ];
  const lines = [
    problems.length === 0
      ? `${count(loaded.clients.size, 'client')}, no problems.`
      : `${count(problems.length, 'problem')}:\n${formatProblems(problems)}`,
    ...(loaded.warnings.length === 0 ? [] : [`To look at:\n${formatProblems(loaded.warnings)}`]),
  ];
  return {
    result: {
      valid: problems.length === 0,
      clients: [...loaded.clients.keys()],
      problems: problems.map(problemResult),
      warnings: loaded.warnings.map(problemResult),
    },
    text: lines.join('\n'),
    exitCode: problems.length === 0 ? 0 : 1,
  };
}

const onlineDeps = ({ privateHosts }: KnownConfig): OnlineDeps => ({
  fetch,
  outgoing: createOutgoing({ privateHosts }),
  checkHost: (url) => checkHost({ privateHosts }, url),
  timeoutMs: TIMEOUT_MS,
});

const problemResult = ({ file, line, path, message }: Problem) => ({ file, line, path, message });
