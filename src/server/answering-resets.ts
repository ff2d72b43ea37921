// Once a second: whoever has forgotten a password is answered. Never at once, or the answer to the form could be timed.
import { answerResetRequests } from '../credentials/request-password-reset.ts';
import { createWorker, type Worker } from '../outbox/worker.ts';

export const answeringResets = (deps: Parameters<typeof answerResetRequests>[0]): Worker =>
  createWorker<never>({
    claim: async () => {
      await answerResetRequests(deps);
      return undefined;
    },
    attempt: async () => {},
    atOnce: 1,
    onUnavailable: (err) =>
      deps.log.warn({ event: 'reset_requests.unavailable', err }, 'Looked for again every second.'),
  });
