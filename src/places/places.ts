// The place of an address in words, from a database that the operator has: nobody is asked who signs in from where.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Maxmind from 'maxmind';
import type { CityResponse, Reader } from 'maxmind';
import type { Language } from '../texts/messages.ts';

/** Loaded where there is a file to read. */
const requireLater = createRequire(import.meta.url);

/** "Berlin, Germany"; empty where it is not known. */
export type PlaceOf = (address: string, language: Language) => string;

/**
 * Reads the file once: a changed one is in force after a restart. Without a file no place is known.
 * @throws Error that names the file, if it is damaged
 */
export function openPlaces(file: string | undefined): PlaceOf {
  if (file === undefined) return () => '';
  const reader = open(file);
  return (address, language) => inWords(find(reader, address), language);
}

function open(file: string): Reader<CityResponse> {
  const { Reader: MaxmindReader } = requireLater('maxmind') as typeof Maxmind;
  try {
    return new MaxmindReader<CityResponse>(readFileSync(file));
  } catch (cause) {
    throw new Error(`geo.mmdb_file: ${file} cannot be read as a MaxMind database`, { cause });
  }
}

/** What is no address, and what a damaged file says of one, is no place. */
function find(reader: Reader<CityResponse>, address: string): CityResponse | null {
  try {
    return reader.get(address);
  } catch {
    return null;
  }
}

function inWords(found: CityResponse | null, language: Language): string {
  const city = named(found?.city?.names, language);
  const country = countryName(found?.country?.iso_code, language) ?? named(found?.country?.names, language);
  return [city, country].filter((name) => name !== undefined && name !== '').join(', ');
}

/** Databases have few languages; for all others, English. */
function named(names: object | undefined, language: Language): string | undefined {
  const byLanguage: Readonly<Record<string, string>> = { ...names };
  return byLanguage[language] ?? byLanguage['en'];
}

function countryName(code: string | undefined, language: Language): string | undefined {
  if (code === undefined || !/^[A-Z]{2}$/.test(code)) return undefined;
  return new Intl.DisplayNames(language, { type: 'region', fallback: 'none' }).of(code);
}
