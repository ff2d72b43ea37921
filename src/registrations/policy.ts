// Who may sign up, by the configuration. Asked at every step: what was begun while the door was open ends with it.
import type { RegistrationConfig } from '../config/config.ts';

export const isOpen = ({ registration }: { registration: RegistrationConfig }): boolean =>
  registration.policy === 'open';

/** `key` is a canonical address: its domain is in ASCII and lower case. */
export function admitsAddress({ allowedDomains, refusedDomains }: RegistrationConfig, key: string): boolean {
  const domain = key.slice(key.lastIndexOf('@') + 1);
  const below = (suffix: string) => domain.endsWith(`.${suffix}`);
  const allows = (rule: string) => (rule.startsWith('*.') ? below(rule.slice(2)) : domain === rule);
  const refuses = (rule: string) => domain === rule.replace(/^\*\./, '') || below(rule.replace(/^\*\./, ''));
  return (allowedDomains.length === 0 || allowedDomains.some(allows)) && !refusedDomains.some(refuses);
}
