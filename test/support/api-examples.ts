// One request for each operation of the API, that an administrator's program may make: a new operation without one fails.

export interface Example {
  /** Below /api/v1. */
  readonly path: string;
  readonly body?: unknown;
  /** Another status than that of success, and why. */
  readonly status?: number;
}

export interface Things {
  readonly accountId: string;
}

export const API = 'https%3A%2F%2Fapi.example.test';

/** By operationId. `*` stands in If-Match. They are made in this order, each on what those before have left. */
export const EXAMPLES = ({ accountId }: Things): Readonly<Record<string, Example>> => {
  const account = `/accounts/${accountId}`;
  return {
    listAccounts: { path: '/accounts?limit=2' },
    createAccount: { path: '/accounts', body: { email: 'made-by-example@example.test' } },
    getAccount: { path: account },
    changeAccount: { path: account, body: { name: 'Another Name', claims: { given_name: 'Another' } } },
    inviteAccount: { path: `${account}/invitation`, status: 409 },
    banAccount: { path: `${account}/ban`, body: { reason: 'tried' } },
    unbanAccount: { path: `${account}/ban` },
    startReset: { path: `${account}/password-reset` },
    resetFactors: { path: `${account}/factors` },
    exportAccount: { path: `${account}/export` },
    createRole: { path: '/roles', body: { name: 'example', description: 'An example' } },
    listRoles: { path: '/roles' },
    getRole: { path: '/roles/example' },
    getEffectOfRole: { path: '/roles/example/effect' },
    getUseOfRole: { path: '/roles/example/use' },
    listHoldersOfRole: { path: '/roles/example/holders' },
    changeRole: { path: '/roles/example', body: { description: 'Another one' } },
    createGroup: { path: '/groups', body: { name: 'examples', description: 'Examples' } },
    listGroups: { path: '/groups' },
    getGroup: { path: '/groups/examples' },
    changeGroup: { path: '/groups/examples', body: { roles: ['example'] } },
    getEffectOfGroup: { path: '/groups/examples/effect' },
    listMembers: { path: '/groups/examples/members' },
    createPermission: {
      path: '/permissions',
      body: { resource: 'https://api.example.test', name: 'items:burn', description: 'Burn items' },
    },
    listPermissions: { path: '/permissions' },
    getPermission: { path: `/permissions/${API}/items%3Aburn` },
    changePermission: { path: `/permissions/${API}/items%3Aburn`, body: { description: 'Burn them all' } },
    listHoldersOfPermission: { path: `/permissions/${API}/items%3Aburn/holders` },
    getRightsOfAccount: { path: `${account}/rights` },
    grantRole: { path: `${account}/roles/example`, body: { expires_at: null } },
    revokeRole: { path: `${account}/roles/example` },
    addMember: { path: `${account}/groups/examples`, body: {} },
    removeMember: { path: `${account}/groups/examples` },
    listSessionsOfAccount: { path: `${account}/sessions` },
    endSessionsOfAccount: { path: `${account}/sessions` },
    endSession: { path: `${account}/sessions/none`, status: 404 },
    listAppsOfAccount: { path: `${account}/apps` },
    disconnectApp: { path: `${account}/apps/web`, status: 404 },
    getFactorsOfAccount: { path: `${account}/factors` },
    listClients: { path: '/clients' },
    listFileProblems: { path: '/file-problems' },
    listSessions: { path: '/sessions' },
    previewClaims: { path: `/claims-preview?account=${accountId}&client=web` },
    getClient: { path: '/clients/web' },
    getRightsOfClient: { path: '/clients/robot/rights' },
    grantClientRole: { path: '/clients/robot/roles/example' },
    revokeClientRole: { path: '/clients/robot/roles/example' },
    listEvents: { path: '/events' },
    listEventsOfAccount: { path: `${account}/events` },
    exportEvents: { path: '/events/export' },
    listMails: { path: '/outbox' },
    retryMails: { path: '/outbox/retry' },
    retryMail: { path: '/outbox/none/retry', status: 404 },
    dropMail: { path: '/outbox/none', status: 404 },
    listAttention: { path: '/attention' },
    listKeys: { path: '/keys' },
    rotateKeys: { path: '/keys/rotate', body: { now: false } },
    revokeKey: { path: '/keys/none', status: 404 },
    listFigures: { path: '/figures' },
    getConfiguration: { path: '/configuration' },
    deletePermission: { path: `/permissions/${API}/items%3Aburn` },
    deleteGroup: { path: '/groups/examples' },
    deleteRole: { path: '/roles/example' },
    deleteAccount: { path: account },
  };
};
