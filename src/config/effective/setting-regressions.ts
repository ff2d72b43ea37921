// Which changes of settings make the server easier to misuse, and why that matters.
import { type FieldChange, listOf, newItems } from './described.ts';

export interface Weakening {
  readonly key: string;
  /** What the change is, in a few words. */
  readonly what: string;
  readonly why: string;
}

interface Rule {
  readonly keys: RegExp;
  readonly isWeaker: (change: FieldChange) => boolean;
  readonly what: string;
  readonly why: string;
}

const greater = ({ before, after }: FieldChange) => Number(after) > Number(before) && before !== null;
const smaller = ({ before, after }: FieldChange) => Number(after) < Number(before) && after !== null;
const grown = ({ before, after }: FieldChange) => newItems(before, after).length > 0;
const becomes = (value: string) => (change: FieldChange) => change.after === value && change.before !== null;

const RULES: readonly Rule[] = [
  {
    keys: /^mode$/,
    isWeaker: becomes('development'),
    what: 'production becomes development',
    why: 'development takes secrets in clear and settings that production refuses',
  },
  {
    keys: /^mfa$/,
    isWeaker: becomes('optional'),
    what: 'the second factor is optional',
    why: 'a password alone, guessed or phished, opens an account',
  },
  {
    keys: /^registration\.policy$/,
    isWeaker: becomes('open'),
    what: 'anybody can make an account',
    why: 'apps that let in whoever can sign in are then open to everybody',
  },
  {
    keys: /^registration\.allowed_domains$/,
    isWeaker: ({ before, after }) =>
      listOf(before).length > 0 && (listOf(after).length === 0 || newItems(before, after).length > 0),
    what: 'addresses of more domains can sign up',
    why: 'apps that let in whoever can sign in are then open to them',
  },
  {
    keys: /^registration\.(?:refused_domains|reserved_usernames)$/,
    isWeaker: ({ before, after }) => newItems(after, before).length > 0,
    what: 'what was refused can be chosen',
    why: 'somebody may take it to be taken for somebody else',
  },
  {
    keys: /^passwords\.min_length/,
    isWeaker: smaller,
    what: 'shorter passwords',
    why: 'short passwords are guessed (NIST SP 800-63B-4 section 3.1.1.2)',
  },
  {
    keys: /^sessions\./,
    isWeaker: greater,
    what: 'longer sessions',
    why: 'a browser left open, or a stolen cookie, works for longer',
  },
  {
    keys: /^tokens\.\w+_(?:seconds|days)$|^resources\[.*\]\.access_token_seconds$/,
    isWeaker: greater,
    what: 'longer lifetime',
    why: 'a token that was stolen, or whose owner was shut out, works for longer',
  },
  {
    keys: /^keys\.rotate_every_days$/,
    isWeaker: greater,
    what: 'keys sign for longer',
    why: 'a key that was stolen unseen signs for longer what apps believe',
  },
  {
    keys: /^limits\.(?:\w+_failures|network_accounts)$/,
    isWeaker: greater,
    what: 'more failed tries',
    why: 'guessing gets easier (NIST SP 800-63B-4 section 3.2.2)',
  },
  {
    keys: /^limits\.\w+_(?:window_minutes|window_hours|block_minutes)$/,
    isWeaker: smaller,
    what: 'failed tries are forgotten sooner',
    why: 'guessing gets easier (NIST SP 800-63B-4 section 3.2.2)',
  },
  {
    keys: /^limits\.(?:mails_per_\w+|sign_ups_per_network)$/,
    isWeaker: greater,
    what: 'strangers can have more mails sent',
    why: 'a mailbox, and the reputation of the mail server, can be flooded',
  },
  {
    keys: /^api\.\w+_per_minute$/,
    isWeaker: greater,
    what: 'the API takes more requests',
    why: 'a program that has gone astray, or whose secret was stolen, reads and changes more before anybody sees it',
  },
  {
    keys: /^attributes\.\w+\.edit$/,
    isWeaker: becomes('user'),
    what: 'people may change it themselves',
    why: 'an app that decides by it then believes what people say of themselves',
  },
  {
    keys: /^server\.trusted_proxies$/,
    isWeaker: grown,
    what: 'more proxies are believed',
    why: 'whoever is in such a network can claim any address, and limits count by address',
  },
  {
    keys: /^mail\.plaintext_in_production$/,
    isWeaker: ({ before, after }) => after === true && before === false,
    what: 'mails may leave without TLS',
    why: 'whoever listens on the way reads links that reset passwords',
  },
  {
    keys: /^outgoing\.private_hosts$/,
    isWeaker: grown,
    what: 'requests may reach more of your own network',
    why: 'an address in a client file can then lead the server to what is there',
  },
  {
    keys: /^server\.internal_hosts$/,
    isWeaker: grown,
    what: 'more host names are answered',
    why: 'a name that others can point to this server reaches its endpoints',
  },
];

export const settingRegressions = (changes: readonly FieldChange[]): readonly Weakening[] =>
  changes.flatMap((change) =>
    RULES.filter(({ keys, isWeaker }) => keys.test(change.key) && isWeaker(change)).map(({ what, why }) => ({
      key: change.key,
      what,
      why,
    })),
  );
