// What config/roles.yaml declares, as the rest of the program sees it.
import type { Place } from '../problem.ts';

export interface DeclaredPermission {
  /** The audience of an API, or a client_id. */
  readonly resource: string;
  readonly name: string;
  readonly description: string;
  readonly place: Place;
}

export interface DeclaredRole {
  readonly name: string;
  readonly description: string;
  readonly mfa: 'optional' | 'required';
  readonly clientId: string | undefined;
  readonly resource: string | undefined;
  /** Sorted, as all lists here. */
  readonly includes: readonly string[];
  readonly permissions: readonly { readonly resource: string; readonly name: string }[];
  readonly place: Place;
}

export interface DeclaredGroup {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly string[];
  readonly place: Place;
}

/** A service client, and what it has beside the roles of its own file. */
export interface DeclaredClient {
  readonly clientId: string;
  readonly roles: readonly string[];
  readonly place: Place;
}

export interface DeclaredModel {
  /** As problems show it. */
  readonly file: string;
  /** False: nothing is declared, because there is no file. */
  readonly exists: boolean;
  readonly permissions: readonly DeclaredPermission[];
  readonly roles: readonly DeclaredRole[];
  readonly groups: readonly DeclaredGroup[];
  readonly clients: readonly DeclaredClient[];
}
