// gatehouse client secret new: one more secret for a client, shown once, so that it can be replaced while the app runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateClientSecret, hashClientSecret } from '../../clients/client-secret.ts';
import { parseMoment } from '../../clients/client-secrets-field.ts';
import { checkClient } from '../../clients/load-client.ts';
import { replaceFile } from '../../clients/writing/client-files.ts';
import { withListEntry } from '../../config/editing/yaml-text.ts';
import { ConfigurationInvalid, type Problem, shownFile } from '../../config/problem.ts';
import { parseYaml } from '../../config/yaml-document.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { today, whatIsWrong } from './create.ts';
import { type ClientFiles, readClientFiles, unknownClient } from './read-files.ts';

/** The file keeps its comments and its order; one entry is added. */
export async function addSecret(
  invocation: Invocation,
  { clientId, expires }: { clientId: string; expires?: string | undefined },
): Promise<Answer> {
  const files = readClientFiles(invocation);
  requireFuture(expires, files.circumstances.now);
  const path = join(files.known.clientsDir, `${clientId}.yaml`);
  const file = shownFile(files.circumstances.cwd, path);
  const found = files.loaded.files.find((each) => each.file === file);
  if (found === undefined) throw unknownClient(clientId);
  if (found.placeOf === undefined) throw new ConfigurationInvalid(found.problems);

  const secret = generateClientSecret();
  const entry = {
    hash: hashClientSecret(secret),
    created: today(files),
    ...(expires === undefined ? {} : { expires }),
  };
  const edited = withListEntry(readFileSync(path, 'utf8'), 'client_secrets', entry);
  if (edited === undefined)
    throw new CommandFailed('invalid', `${file} was not changed: client_secrets is not a list.`);
  refuseNewProblems(files, { path, before: found.problems, edited });
  replaceFile(path, edited);
  return {
    result: { client_id: clientId, file, client_secret: secret, expires },
    text: `Secret: ${secret}\nIt is shown only this once; ${file} has its hash. Other secrets work on until they are taken out.`,
  };
}

function requireFuture(expires: string | undefined, now: Date): void {
  if (expires === undefined) return;
  const moment = parseMoment(expires);
  const wrong =
    moment === undefined
      ? 'expected a date such as 2027-03-01, or a moment such as 2027-03-01T12:00:00Z'
      : moment <= now
        ? 'has passed already'
        : undefined;
  if (wrong !== undefined) throw new CommandFailed('invalid', `--expires ${quoted(expires)}: ${wrong}.`);
}

/** What was wrong before (a variable that only the server has, for example) is no reason; what becomes wrong is. */
function refuseNewProblems(
  { circumstances, known }: ClientFiles,
  { path, before, edited }: { path: string; before: readonly Problem[]; edited: string },
): void {
  const file = shownFile(circumstances.cwd, path);
  const { problems } = checkClient(circumstances, known, { path, read: parseYaml(circumstances.env, file, edited) });
  const inWords = (problem: Problem) => `${problem.path}: ${problem.message}`;
  const old = new Set(before.map(inWords));
  const added = problems.filter((problem) => !old.has(inWords(problem)));
  if (added.length > 0) throw new CommandFailed('invalid', `${file} was not changed:\n${whatIsWrong(added)}`);
}
