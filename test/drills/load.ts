// Starts the load's process, and keeps what it tells.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Span } from './measures.ts';
import type { Checked, FromLoad, Outcome, Plan, Rates, Shown, ToLoad } from './workload.ts';

export interface Load {
  readonly outcomes: readonly Outcome[];
  /** From now on, in the place of what was asked before. */
  rates(rates: Rates): void;
  /** Ends the asking, waits for what is under way, and looks what all chains are worth. */
  check(): Promise<Checked>;
  /** After that, as it ends their chains: shows tokens again that were used before and while something was broken. */
  showAgain(broken: Span): Promise<Shown>;
  stop(): void;
}

export async function startLoad(plan: Plan): Promise<Load> {
  const child = fork(path.join(import.meta.dirname, 'load-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const outcomes: Outcome[] = [];
  const send = (message: ToLoad) => void child.send(message);
  child.on('message', (message: FromLoad) => {
    if ('outcomes' in message) for (const each of message.outcomes) outcomes.push(each);
  });
  const ready = answerOf(child, (message) => 'ready' in message);
  send({ do: 'plan', plan });
  await ready;
  return {
    outcomes,
    rates: (rates) => send({ do: 'rates', rates }),
    async check() {
      const found = answerOf(child, (message) => 'checked' in message);
      send({ do: 'check' });
      return ((await found) as { checked: Checked }).checked;
    },
    async showAgain(broken) {
      const found = answerOf(child, (message) => 'shown' in message);
      send({ do: 'show', broken });
      return ((await found) as { shown: Shown }).shown;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

function answerOf(child: ChildProcess, fits: (message: FromLoad) => boolean): Promise<FromLoad> {
  return new Promise((resolve, reject) => {
    const hear = (message: FromLoad) => {
      if (!fits(message)) return;
      child.off('message', hear);
      resolve(message);
    };
    child.on('message', hear);
    child.once('exit', (code, signal) => reject(new Error(`the load has ended (${code ?? signal})`)));
  });
}
