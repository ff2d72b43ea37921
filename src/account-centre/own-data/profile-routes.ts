// The sitemap of what a person says of themselves, takes along, and leaves.
import { get, post, type Route, signedIn } from '../../http/route.ts';
import { FRESH } from '../../signed-in/demand.ts';
import { inAccount } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';
import { DATA_PATH, showData, submitDownload } from './data-page.ts';
import { DELETE_PATH, showDeletion, submitDeletion } from './delete-account-page.ts';
import { PROFILE_PATH, showProfile, submitProfile } from './profile-page.ts';

export const profileRoutes = (deps: AccountDeps): readonly Route[] => [
  get(PROFILE_PATH, signedIn, inAccount(deps, showProfile(deps))),
  post(PROFILE_PATH, signedIn, inAccount(deps, submitProfile(deps))),
  get(DATA_PATH, signedIn, inAccount(deps, showData(deps), FRESH)),
  post(`${DATA_PATH}/download`, signedIn, inAccount(deps, submitDownload(deps), FRESH)),
  // Its form asks for every factor itself: a fresh sign-in before it would ask for all of them twice.
  get(DELETE_PATH, signedIn, inAccount(deps, showDeletion(deps))),
  post(DELETE_PATH, signedIn, inAccount(deps, submitDeletion(deps))),
];
