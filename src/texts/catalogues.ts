// The texts in each language, one file a subject, put together.
import deAccountCentre from '../../views/locales/de/account-centre.json' with { type: 'json' };
import deAdmin from '../../views/locales/de/admin.json' with { type: 'json' };
import deAdminAccounts from '../../views/locales/de/admin-accounts.json' with { type: 'json' };
import deAdminModel from '../../views/locales/de/admin-model.json' with { type: 'json' };
import deAdminOperations from '../../views/locales/de/admin-operations.json' with { type: 'json' };
import deAdminOverview from '../../views/locales/de/admin-overview.json' with { type: 'json' };
import deAdministration from '../../views/locales/de/administration.json' with { type: 'json' };
import deApi from '../../views/locales/de/api.json' with { type: 'json' };
import deConsole from '../../views/locales/de/console.json' with { type: 'json' };
import deCredentials from '../../views/locales/de/credentials.json' with { type: 'json' };
import deDevices from '../../views/locales/de/devices.json' with { type: 'json' };
import deFactors from '../../views/locales/de/factors.json' with { type: 'json' };
import deMail from '../../views/locales/de/mail.json' with { type: 'json' };
import dePages from '../../views/locales/de/pages.json' with { type: 'json' };
import deProfile from '../../views/locales/de/profile.json' with { type: 'json' };
import deSessions from '../../views/locales/de/sessions.json' with { type: 'json' };
import deSignUp from '../../views/locales/de/sign-up.json' with { type: 'json' };
import enAccountCentre from '../../views/locales/en/account-centre.json' with { type: 'json' };
import enAdmin from '../../views/locales/en/admin.json' with { type: 'json' };
import enAdminAccounts from '../../views/locales/en/admin-accounts.json' with { type: 'json' };
import enAdminModel from '../../views/locales/en/admin-model.json' with { type: 'json' };
import enAdminOperations from '../../views/locales/en/admin-operations.json' with { type: 'json' };
import enAdminOverview from '../../views/locales/en/admin-overview.json' with { type: 'json' };
import enAdministration from '../../views/locales/en/administration.json' with { type: 'json' };
import enApi from '../../views/locales/en/api.json' with { type: 'json' };
import enConsole from '../../views/locales/en/console.json' with { type: 'json' };
import enCredentials from '../../views/locales/en/credentials.json' with { type: 'json' };
import enDevices from '../../views/locales/en/devices.json' with { type: 'json' };
import enFactors from '../../views/locales/en/factors.json' with { type: 'json' };
import enMail from '../../views/locales/en/mail.json' with { type: 'json' };
import enPages from '../../views/locales/en/pages.json' with { type: 'json' };
import enProfile from '../../views/locales/en/profile.json' with { type: 'json' };
import enSessions from '../../views/locales/en/sessions.json' with { type: 'json' };
import enSignUp from '../../views/locales/en/sign-up.json' with { type: 'json' };

export const en = {
  ...enAccountCentre,
  ...enAdmin,
  ...enAdministration,
  ...enApi,
  ...enAdminAccounts,
  ...enConsole,
  ...enAdminModel,
  ...enAdminOperations,
  ...enAdminOverview,
  ...enCredentials,
  ...enDevices,
  ...enFactors,
  ...enMail,
  ...enPages,
  ...enProfile,
  ...enSessions,
  ...enSignUp,
};

export const de = {
  ...deAccountCentre,
  ...deAdmin,
  ...deAdministration,
  ...deApi,
  ...deAdminAccounts,
  ...deConsole,
  ...deAdminModel,
  ...deAdminOperations,
  ...deAdminOverview,
  ...deCredentials,
  ...deDevices,
  ...deFactors,
  ...deMail,
  ...dePages,
  ...deProfile,
  ...deSessions,
  ...deSignUp,
};
