// Whether the configuration is what `serve` would take, with every problem's file and line.
import { loadConfiguration } from '../../clients/load-configuration.ts';
import { systemClock } from '../../clock.ts';
import type { Environment } from '../../config/interpolation.ts';
import { ConfigurationInvalid, problemLines } from '../../config/problem.ts';
import { commandConfig } from '../configuration.ts';
import type { Invocation } from '../terminal.ts';
import { type Finding, ok, problem } from './finding.ts';
import type { Configured } from './surroundings.ts';

const CHECK = 'configuration';

export function checkConfiguration(invocation: Invocation): {
  findings: readonly Finding[];
  configured: Configured | undefined;
} {
  const env = environmentOf(invocation);
  try {
    const loaded = loadConfiguration({ env, cwd: invocation.terminal.cwd() });
    const { mode, paths } = loaded.config;
    const findings = [ok(CHECK, `${mode} mode, from ${paths.configDir}`)];
    return { findings, configured: { ...loaded, env, clock: systemClock } };
  } catch (error) {
    if (!(error instanceof ConfigurationInvalid)) throw error;
    const fix =
      'Put it right there; the server does not start before. config/gatehouse.example.yaml explains each key.';
    const findings = problemLines(error.problems).map((line) => problem(CHECK, line, fix));
    return { findings, configured: undefined };
  }
}

/** As the other commands see it: beside a development server the mode need not be stated. */
function environmentOf(invocation: Invocation): Environment {
  const { env } = invocation.terminal;
  try {
    return { ...env, GATEHOUSE_MODE: commandConfig(invocation).mode };
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return env;
    throw error;
  }
}
