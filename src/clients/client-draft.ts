// A client file on its way to a Client: what is certain so far, and how rules ask about it.
import type { Mode } from '../config/config.ts';
import type { Path } from '../config/problem.ts';
import type { ClientFile, ClientKey } from './client-file.ts';

export interface Finding {
  readonly path: Path;
  readonly message: string;
}

export interface ClientDraft {
  /** Without the keys that have problems of their own. */
  readonly file: Partial<ClientFile>;
  /** True for a key the file states or leaves out rightly: a rule may draw conclusions from it. */
  readonly isSound: (...keys: readonly ClientKey[]) => boolean;
  /** Undefined when nobody said which: then only what holds in both is refused. */
  readonly mode: Mode | undefined;
}

export type Rule = (draft: ClientDraft) => Iterable<Finding>;
