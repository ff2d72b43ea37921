// gatehouse secrets reseal: what a former master secret has sealed is sealed with the one in force.
import type { Command } from 'commander';
import { readServed } from '../../clients/live/served-configurations.ts';
import { describeConfiguration } from '../../clients/plan/describe-served.ts';
import type { Config } from '../../config/config.ts';
import { type Resealed, resealRows } from '../../database/sealed-rows.ts';
import { examples, type Perform } from '../command-parts.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { count, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type CommandDeps, withDatabase } from '../with-database.ts';
import { countLeft, SEALED_COLUMNS } from './sealed-columns.ts';

export function addSecretsCommands(secrets: Command, perform: Perform): void {
  secrets
    .command('reseal')
    .description('seal everything that a former master secret has sealed with the one in force; may be repeated')
    .option('--yes', 'even while a server runs with another secret in force', false)
    .addHelpText('after', examples('GATEHOUSE_SECRET=… GATEHOUSE_SECRET_PREVIOUS=… gatehouse secrets reseal'))
    .action((options: { yes: boolean }) => perform((invocation) => reseal(invocation, options)));
}

function reseal(invocation: Invocation, { yes }: { yes: boolean }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    if (!yes) await requireSameSecret(invocation, deps, config);
    const found: ({ readonly name: string } & Resealed)[] = [];
    for (const column of SEALED_COLUMNS) found.push({ name: column.name, ...(await resealRows(deps, column)) });
    const broken = found.flatMap((each) => each.broken);
    // A process that came meanwhile with the former secret seals with that, behind what was gone through.
    const others = await withAnotherSecret(invocation, deps, config);
    const { left, orMore } = await countLeft(deps);
    const rows = found.map((each) => [each.name, each.resealed, each.changed, each.broken.length]);
    return {
      result: {
        columns: found.map(({ name, resealed, changed, broken: { length } }) => ({
          name,
          resealed,
          changed,
          broken: length,
        })),
        broken,
        left,
        other_secrets: others,
      },
      text: `${table(['SEALED IN', 'SEALED ANEW', 'CHANGED MEANWHILE', 'CANNOT BE OPENED'], rows)}\n${conclusion({ broken, left, orMore, others })}`,
    };
  });
}

interface Left {
  readonly broken: readonly string[];
  readonly left: number;
  readonly orMore: boolean;
  readonly others: readonly string[];
}

function conclusion({ broken, left, orMore, others }: Left): string {
  const said = [
    ...(broken.length === 0 ? [] : [brokenText(broken)]),
    ...(left <= broken.length
      ? []
      : [
          `${count(left, 'row')}${orMore ? ' or more' : ''} in the database ${left === 1 ? 'is' : 'are'} sealed with a former secret still: repeat the command.`,
        ]),
    ...(others.length === 0
      ? []
      : [
          `${others.join(', ')} runs with another secret in force than this command, and seals with that: restart it with the new GATEHOUSE_SECRET, then repeat the command.`,
        ]),
  ];
  return said.length === 0 ? DONE : said.join('\n');
}

const DONE =
  'Nothing in the database needs a former secret any more. Cookies still do: leave it in GATEHOUSE_SECRET_PREVIOUS for as long as the longest session, or people sign in once more.';

const brokenText = (places: readonly string[]): string =>
  `${count(places.length, 'row')} cannot be opened with any secret that is accepted: ${places.slice(0, 5).join(', ')}. Add theirs to GATEHOUSE_SECRET_PREVIOUS and repeat the command.`;

/** A server that does not know the new secret could not read what is sealed with it. */
async function requireSameSecret(invocation: Invocation, deps: CommandDeps, config: Config): Promise<void> {
  const others = await withAnotherSecret(invocation, deps, config);
  if (others.length === 0) return;
  throw new CommandFailed(
    'wrong_secret',
    `${others.join(', ')} runs with another secret in force than this command. Restart it with the new GATEHOUSE_SECRET and the former one as GATEHOUSE_SECRET_PREVIOUS, then try again (one that was killed counts as running for three minutes); or add --yes if it knows the new one.`,
  );
}

async function withAnotherSecret(
  { terminal }: Invocation,
  deps: CommandDeps,
  config: Config,
): Promise<readonly string[]> {
  const place = { env: terminal.env, cwd: terminal.cwd() };
  const own = describeConfiguration({ config, clients: new Map() }, place).settings.fingerprintKey;
  return (await readServed(deps))
    .filter(({ isRunning, settings }) => isRunning && settings.fingerprintKey !== own)
    .map(({ process }) => process);
}
