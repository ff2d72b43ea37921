// Puts environment variables into one YAML scalar. It runs after the parse, so a value can never become YAML.

export type Environment = Readonly<Record<string, string | undefined>>;

export type Interpolation =
  /** `changed` is false when the text named no variable. */
  { outcome: 'resolved'; text: string; changed: boolean } | { outcome: 'unresolved'; messages: readonly string[] };

const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const EXPRESSION = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])(.*))?$/s;

/**
 * `${VAR}` must be set; `${VAR:-default}` and `${VAR:?message}` also treat an empty variable as not set;
 * `$${` stands for `${`. Expressions do not nest.
 */
export function interpolate(env: Environment, text: string): Interpolation {
  const messages: string[] = [];
  let changed = false;
  const result = text.replaceAll(REFERENCE, (reference: string, expression: string | undefined) => {
    if (reference === '$${') return '${';
    const value = expression === undefined ? notUnderstood(reference) : evaluate(env, expression);
    if (typeof value === 'string') {
      changed = true;
      return value;
    }
    messages.push(value.problem);
    return '';
  });
  return messages.length === 0 ? { outcome: 'resolved', text: result, changed } : { outcome: 'unresolved', messages };
}

function evaluate(env: Environment, expression: string): string | { problem: string } {
  const [, name, operator, argument = ''] = EXPRESSION.exec(expression) ?? [];
  if (name === undefined) return notUnderstood(`\${${expression}}`);
  const value = variable(env, name);
  if (operator === undefined) {
    return value ?? { problem: `the environment variable ${name} is not set` };
  }
  if (value !== undefined && value !== '') return value;
  if (operator === '-') return argument;
  return { problem: `the environment variable ${name} is not set${argument === '' ? '' : `: ${argument}`}` };
}

const notUnderstood = (reference: string) => ({
  problem: `${JSON.stringify(reference)} is not understood; expected \${VAR}, \${VAR:-default} or \${VAR:?message}, or $\${ for the two characters themselves`,
});

/** Undefined also for names that objects inherit, such as `constructor`. */
export const variable = (env: Environment, name: string): string | undefined =>
  Object.hasOwn(env, name) ? env[name] : undefined;
