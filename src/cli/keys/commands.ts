// gatehouse keys …: the keys that sign tokens, and replacing them before their time.
import type { Command } from 'commander';
import { revokeKeyAs, rotateKeysAs } from '../../administration/keys-as.ts';
import { PUBLIC_DOCUMENT_SECONDS } from '../../config/sections/keys.ts';
import { changesAt } from '../../keys/coming.ts';
import { describeKeys, type KeyInfo } from '../../keys/signing-keys.ts';
import { OPERATOR } from '../access/operator.ts';
import { examples, type Perform } from '../command-parts.ts';
import { commandConfig } from '../configuration.ts';
import { confirmation } from '../confirmation.ts';
import { CommandFailed } from '../failure.ts';
import { quoted, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';

export function addKeysCommands(keys: Command, perform: Perform): void {
  keys
    .command('list')
    .description('list the keys, what each does, and when that changes by itself')
    .action(() => perform(listKeys));
  keys
    .command('rotate')
    .description('publish the next keys now; they sign as soon as every app can know them (keys.publish_ahead_hours)')
    .option('--now', 'let them sign at once: apps that have cached the old keys may refuse tokens for minutes', false)
    .addHelpText('after', examples('gatehouse keys rotate', 'gatehouse keys rotate --now'))
    .action((options: { now: boolean }) => perform((invocation) => rotate(invocation, options)));
  keys
    .command('revoke')
    .description('take a key out of use at once: every token it has signed is refused')
    .argument('<kid>', 'the key that list shows')
    .option('--yes', 'do not ask', false)
    .addHelpText('after', examples('gatehouse keys revoke tB5nS0vyS2mNnJ8o1F0R3cX4y5z6A7b8C9d0E1f2G3h'))
    .action((kid: string, options: { yes: boolean }) =>
      perform((invocation) => revoke(invocation, { kid, ...options })),
    );
}

const DOES: Readonly<Record<KeyInfo['stage'], string>> = {
  next: 'waits, published',
  active: 'signs',
  retired: 'signs no more, published',
};

function listKeys(invocation: Invocation): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async ({ db }) => {
    const keys = await describeKeys(db);
    const shown = keys.map((key) => ({ ...key, changesAt: changesAt(key, keys, config.keys) }));
    const rows = shown.map((key) => [
      key.kid,
      key.algorithm,
      DOES[key.stage],
      key.createdAt,
      key.activatedAt,
      key.changesAt,
    ]);
    return {
      result: { keys: shown.map(keyResult) },
      text: keys.length === 0 ? NONE : table(['KEY', 'ALGORITHM', 'STATE', 'MADE', 'SIGNS SINCE', 'UNTIL'], rows),
    };
  });
}

const NONE = 'There is no signing key yet. The server makes one at its first start.';

const keyResult = (key: KeyInfo & { readonly changesAt: Date | undefined }) => ({
  kid: key.kid,
  algorithm: key.algorithm,
  stage: key.stage,
  created_at: key.createdAt,
  activated_at: key.activatedAt,
  retired_at: key.retiredAt,
  changes_at: key.changesAt,
});

function rotate(invocation: Invocation, { now }: { now: boolean }): Promise<Answer> {
  const config = commandConfig(invocation);
  return withDatabase(config, async (deps) => {
    const answer = await rotateKeysAs({ ...deps, config }, OPERATOR, { now });
    if (answer.outcome !== 'done') throw new CommandFailed('refused', `Nothing was changed (${answer.outcome}).`);
    const at = deps.clock.now().getTime();
    const rotations = answer.rotations.map(({ signsInSeconds, ...rotation }) => ({
      ...rotation,
      signs_from: new Date(at + signsInSeconds * 1000),
    }));
    const rows = rotations.map(({ kid, algorithm, signs_from }) => [kid, algorithm, signs_from]);
    const text = `${table(['KEY', 'ALGORITHM', 'SIGNS FROM'], rows)}\n${now ? AT_ONCE : LATER}`;
    return { result: { rotations }, text };
  });
}

const FOLLOWS = 'Running servers follow within half a minute.';
const MINUTES = PUBLIC_DOCUMENT_SECONDS / 60;
const AT_ONCE = `${FOLLOWS} Apps that have cached the old keys do not know the new ones: those that ask again for a key they do not know go on at once, the others refuse tokens until their copy is old (the server allows ${MINUTES} minutes). Tokens of the old keys are good until they expire; to refuse them, revoke the key.`;
const LATER = `${FOLLOWS} Until then the old keys sign, so that every app can know the new ones first.`;

function revoke(invocation: Invocation, { kid, yes }: { kid: string; yes: boolean }): Promise<Answer> {
  const config = commandConfig(invocation);
  const confirm = confirmation(invocation, { yes });
  return withDatabase(config, async (deps) => {
    const key = (await describeKeys(deps.db)).find((each) => each.kid === kid);
    if (key === undefined) throw unknownKey(kid);
    await confirm(`Revoke ${kid} (${key.algorithm}, ${DOES[key.stage]})? ${COSTS}`);
    const answer = await revokeKeyAs({ ...deps, config }, OPERATOR, { kid });
    if (answer.outcome !== 'done') throw unknownKey(kid);
    const { algorithm, replacedBy } = answer.revocation;
    const successor = replacedBy === undefined ? '' : ` ${replacedBy} signs now.`;
    return {
      result: { kid, algorithm, revoked: true, replaced_by: replacedBy },
      text: `The key is gone, and what it has signed is refused.${successor} ${FOLLOWS} APIs that check tokens themselves refuse them once their copy of /jwks is old (${MINUTES} minutes).`,
    };
  });
}

const COSTS = 'Every access token it has signed is refused, and so are its ID tokens at sign-out.';

const unknownKey = (kid: string): CommandFailed =>
  new CommandFailed('not_found', `There is no key ${quoted(kid)}. "gatehouse keys list" shows those there are.`);
