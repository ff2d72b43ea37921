// outgoing: which addresses inside your own network requests to apps may reach.
import { z } from 'zod';
import { listWithoutRepeats, textWhere } from '../fields.ts';
import { privateHostProblem } from '../urls.ts';

export const outgoingSection = z.strictObject({
  private_hosts: listWithoutRepeats(textWhere(privateHostProblem))
    .default([])
    .describe(
      'Hosts (app.internal, app.internal:8443), addresses and networks (10.0.0.0/8) that back-channel logout and jwks_uri may reach though they are private.',
    ),
});
