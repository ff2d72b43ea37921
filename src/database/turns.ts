// First come, first served: who may use the one connection of a request next.

export interface Turns {
  /** Resolves when it is the caller's turn. @throws after `limitSeconds` of waiting, so that a knot is an error and not a hang. */
  take(): Promise<void>;
  /** Ends the caller's turn. */
  pass(): void;
}

export function createTurns(limitSeconds: number): Turns {
  const waiting: (() => void)[] = [];
  let taken = false;

  const wait = () =>
    new Promise<void>((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(admit), 1);
        reject(
          new Error(
            `Waited ${limitSeconds} s for the connection of this request. Is \`db\` used inside the callback of a db.transaction()?`,
          ),
        );
      }, limitSeconds * 1000);
      waiting.push(admit);
    });

  return {
    async take() {
      if (taken) return wait();
      taken = true;
    },
    pass() {
      const next = waiting.shift();
      if (next === undefined) taken = false;
      else next();
    },
  };
}
