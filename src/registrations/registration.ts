// What a registration is, and how long each part of it is good for.
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import type { Language } from '../texts/messages.ts';

export interface RegistrationDeps {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
}

export interface Registration {
  readonly id: string;
  readonly email: { readonly address: string; readonly key: string };
  readonly username: string | undefined;
  readonly displayName: string | undefined;
  readonly passwordHash: string | undefined;
  readonly language: Language;
  readonly terms: { readonly version: string; readonly acceptedAt: Date } | undefined;
  readonly clientId: string;
  /** Sealed: see `interactionOf`. */
  readonly interaction: string;
  readonly bindingHash: string;
  readonly taken: boolean;
  readonly state: 'waiting' | 'proved' | 'confirmed' | 'finished' | 'overtaken';
  readonly elsewhere: boolean;
  readonly settledAt: Date | undefined;
}

/** Seconds. SP 800-63B-4 section 4.2.1.2 allows mailed links 24 hours; what is not confirmed by then is gone. */
export const REGISTRATION_SECONDS = 24 * 3600;

export const MOST_RESENDS = 3;

export const placeOfInteraction = (id: string): string => `registrations.interaction:${id}`;

/** The sign-in that the registration was begun in. */
export const interactionOf = ({ box }: Pick<RegistrationDeps, 'box'>, { id, interaction }: Registration): string =>
  box.open(interaction, placeOfInteraction(id));
