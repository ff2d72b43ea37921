// What every other command is added to: the program itself, and the commands that concern the server as a whole.
import { Command } from 'commander';
import { VERSION } from '../../package.ts';
import { examples, type Perform, workerCount } from '../command-parts.ts';
import { giveWay } from './gives-way.ts';
import { listenForReload } from './reload-signal.ts';

/**
 * What runs the server, and what looks after its database: all that `serve` needs to know of the command line. `prepare`
 * is called before subcommands copy the settings of the program.
 */
export function buildServerProgram(perform: Perform, prepare: (program: Command) => void): Command {
  const program = new Command('gatehouse');
  prepare(program);
  program
    .description('OAuth 2.0 and OpenID Connect authorization server.')
    .version(VERSION)
    .option('--json', 'answer in JSON on stdout; a failure is {"error":{"code","message"}} on stderr')
    .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description })
    .addHelpText('after', PROGRAM_HELP);
  addServerCommands(program, perform);
  return program;
}

function addServerCommands(program: Command, perform: Perform): void {
  program
    .command('serve')
    .description('run the server until SIGTERM or Ctrl-C')
    .option('--demo', 'run the demo shop beside it (development only)', false)
    .option(
      '--workers <count>',
      'processes that share the port, "auto" for one a core; needs PostgreSQL. Default: server.workers, 1',
      workerCount,
    )
    .addHelpText(
      'after',
      examples(
        'GATEHOUSE_MODE=development gatehouse serve --demo',
        'gatehouse serve --workers auto',
        'gatehouse serve --json',
      ),
    )
    .action((options: { demo: boolean; workers?: number }) =>
      perform(async (invocation) => {
        const given = { reload: listenForReload(), takeTurn: giveWay() };
        // The engine takes a second to load, and only the server needs it.
        const { serve } = await import('./serve.ts');
        return serve(invocation, { ...options, ...given });
      }),
    );
  program
    .command('migrate')
    .description('bring the database up to date (the server does so when it starts)')
    .option('--check', 'change nothing; exit with 1 if migrations are pending', false)
    .addHelpText('after', examples('gatehouse migrate --check && echo up to date'))
    .action((options: { check: boolean }) =>
      perform(async (invocation) => {
        const { migrateDatabase } = await import('../migrate.ts');
        return migrateDatabase(invocation, options);
      }),
    );
  program
    .command('doctor')
    .description('look for what is wrong, and say how to mend it; exit with 1 if there is a problem')
    .addHelpText('after', examples('gatehouse doctor', 'gatehouse doctor --json'))
    .action(() =>
      perform(async (invocation) => {
        const { examine } = await import('../doctor/doctor.ts');
        return examine(invocation);
      }),
    );
  program
    .command('setup')
    .description('the first administrator')
    .command('link')
    .description('print a new link that makes the first administrator; not after there has been one')
    .addHelpText('after', examples('gatehouse setup link', 'docker compose exec server gatehouse setup link'))
    .action(() =>
      perform(async (invocation) => {
        const { printSetupLink } = await import('../setup-link.ts');
        return printSetupLink(invocation);
      }),
    );
}

const PROGRAM_HELP = `${examples(
  'npm start                                   the server and the demo shop, in development',
  'gatehouse user create --email jane@example.com --role shop-admin',
  'gatehouse user show jane@example.com --json',
  'gatehouse user ban --help',
)}

Commands read the same configuration as the server: config/gatehouse.yaml and the environment (GATEHOUSE_MODE,
GATEHOUSE_CONFIG_DIR, GATEHOUSE_DATA_DIR, DATABASE_URL and so on). They work while the server runs.

The mode must be set, by GATEHOUSE_MODE or mode: in the file. One exception makes "npm start" and a command in another
window work together: commands other than serve take development for granted if the mode is set nowhere, no DATABASE_URL,
database.url, GATEHOUSE_SECRET or GATEHOUSE_SECRET_FILE is set, and the data directory is that of a development server.

Exit codes: 0 done · 1 refused or failed · 2 the command line was not understood`;
