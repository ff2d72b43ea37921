// Earnings: what the API says a seller has earned, and the payout account, which the API lets nobody change lightly.
import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Earnings, Trouble } from './earnings.ts';
import type { Gate, Handler } from './gate.ts';
import { MANAGE, SELL } from './listings.ts';
import { apiRefused, cannotReachApi, signInEnded } from './messages.ts';
import type { Message, Pages } from './pages.ts';
import { grouped, type PayoutAccount, type PayoutProblems, payoutFieldsIn, readPayoutAccount } from './payout-form.ts';
import type { Session, Sessions } from './session.ts';
import type { StepUpSignIn } from './sign-in-pages.ts';
import type { Visitors } from './visitors.ts';

export interface EarningsPagesDeps {
  readonly earnings: Earnings;
  readonly sessions: Sessions;
  readonly visitors: Visitors;
  readonly pages: Pages;
  readonly stepUp: StepUpSignIn;
}

export function addEarningsPages(router: Router, { allowed }: Gate, deps: EarningsPagesDeps): void {
  const sellers = [SELL, MANAGE];
  router.get('/earnings', allowed(sellers, showEarnings(deps)));
  router.get('/earnings/account', allowed(sellers, showForm(deps)));
  router.post('/earnings/account', allowed(sellers, submitForm(deps)));
  router.get(CONFIRM, allowed(sellers, showDraft(deps)));
  router.post(CONFIRM, allowed(sellers, confirmDraft(deps)));
}

const CONFIRM = '/earnings/account/confirm';

const showEarnings =
  (deps: EarningsPagesDeps): Handler =>
  async (ctx, session) => {
    const known = await deps.earnings.statement(session);
    if (known.outcome !== 'known') return showTrouble(deps, ctx, known);
    // The API looks at the role.
    const isAdmin = session.person.roles.includes('shop-admin');
    const due = isAdmin ? await deps.earnings.payouts(session) : undefined;
    if (due !== undefined && due.outcome !== 'known') return showTrouble(deps, ctx, due);
    deps.pages.show(ctx, 'earnings', {
      title: 'Earnings',
      statement: known.statement,
      payouts: due?.payouts,
      day: (iso: string) => day.format(new Date(iso)),
    });
  };

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

const showForm =
  (deps: EarningsPagesDeps): Handler =>
  (ctx, { id }) => {
    const draft = deps.sessions.draftOf(id);
    askForAccount(deps, ctx, { fields: draft ?? { holder: '', iban: '' } });
  };

const submitForm =
  (deps: EarningsPagesDeps): Handler =>
  async (ctx, session, form) => {
    const fields = payoutFieldsIn(form);
    const read = readPayoutAccount(fields);
    if (read.outcome === 'invalid') return askForAccount(deps, ctx, { fields, problems: read.problems });
    return change(deps, ctx, { session, account: read.account });
  };

/** Where a person is after they have proved who they are. Coming back is a GET, and a GET changes nothing. */
const showDraft =
  ({ sessions, pages }: EarningsPagesDeps): Handler =>
  (ctx, { id }) => {
    const draft = sessions.draftOf(id);
    if (draft === undefined) return redirect(ctx, '/earnings');
    pages.show(ctx, 'payout-confirm', { title: 'Change the payout account?', draft, iban: grouped(draft.iban) });
  };

const confirmDraft =
  (deps: EarningsPagesDeps): Handler =>
  async (ctx, session, form) => {
    const draft = deps.sessions.takeDraft(session.id);
    // A second click finds it done, or left.
    if (draft === undefined) return redirect(ctx, '/earnings');
    if (form.get('decision') === 'change') return change(deps, ctx, { session, account: draft });
    deps.sessions.leaveNotice(session.id, 'Nothing was changed.');
    redirect(ctx, '/earnings');
  };

/** The draft is kept through everything that the person can mend and come back from. */
async function change(
  deps: EarningsPagesDeps,
  ctx: RouterContext,
  { session, account }: { session: Session; account: PayoutAccount },
): Promise<void> {
  const changed = await deps.earnings.changeAccount(session, account);
  switch (changed.outcome) {
    case 'changed':
      deps.sessions.takeDraft(session.id);
      deps.sessions.leaveNotice(
        session.id,
        `Your earnings go to the account ending in ${changed.account.iban_ending} now.`,
      );
      return redirect(ctx, '/earnings');
    case 'step_up':
      deps.sessions.keepDraft(session.id, account);
      return deps.stepUp(ctx, session, { stepUp: changed.stepUp, returnTo: CONFIRM });
    case 'invalid':
      return askForAccount(deps, ctx, { fields: account, problems: changed.problems });
    case 'unreachable':
      deps.sessions.keepDraft(session.id, account);
      return deps.pages.showMessage(ctx, cannotReachApi(CONFIRM));
    case 'refused':
    case 'ended':
      return showTrouble(deps, ctx, changed);
  }
}

function showTrouble({ visitors, pages }: EarningsPagesDeps, ctx: RouterContext, trouble: Trouble): void {
  if (trouble.outcome === 'ended') visitors.signOut(ctx);
  pages.showMessage(ctx, messageAbout(trouble));
}

function messageAbout({ outcome }: Trouble): Message {
  switch (outcome) {
    case 'refused':
      return apiRefused;
    case 'unreachable':
      return cannotReachApi('/earnings');
    case 'ended':
      return signInEnded('/earnings');
  }
}

function askForAccount(
  { pages }: EarningsPagesDeps,
  ctx: RouterContext,
  { fields, problems = {} }: { fields: PayoutAccount; problems?: PayoutProblems },
): void {
  const isBroken = Object.keys(problems).length > 0;
  if (isBroken) ctx.status = 422;
  pages.show(ctx, 'payout-form', { title: 'Payout account', fields, problems, isBroken });
}

/** 303: what follows is a GET, also after a POST. */
function redirect(ctx: RouterContext, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}
