// The pages of what people say of themselves, take along, and leave, in each of their states.

const text = (name: string, label: string, more: Record<string, unknown> = {}) => ({
  name,
  label,
  value: '',
  autocomplete: 'off',
  type: 'text',
  ...more,
});

const groups = [
  {
    heading: 'Name',
    fields: [
      text('name', 'Name', { value: 'Alice', help: 'How apps call you.' }),
      text('birthdate', 'Birthday', { value: '12.4.1985', error: 'Use a date that has been.' }),
      { name: 'zoneinfo', label: 'Time zone', value: 'UTC', options: [{ value: 'UTC', label: 'UTC' }] },
      { ...text('street_address', 'Street and number', { value: 'A\nB' }), hasLines: true },
    ],
  },
  {
    heading: 'More',
    fields: [
      {
        name: 'attribute_topics',
        label: 'Topics',
        value: '',
        boxes: [{ name: 'attribute_topics.0', label: 'News', checked: true }],
      },
    ],
  },
];

const profile = {
  title: 'Profile',
  lead: 'About you.',
  action: '/account/profile',
  groups,
  email: 'alice@example.com',
};
const deletion = {
  title: 'Delete my account',
  action: '/account/delete',
  sessions: 3,
  apps: 2,
  days: 7,
  needsCode: false,
};

export const profileSamples = [
  {
    view: 'profile',
    state: 'filled in',
    locals: {
      ...profile,
      kept: [],
      problem: undefined,
      username: undefined,
      emailHref: undefined,
      usernameHref: undefined,
    },
  },
  {
    view: 'profile',
    state: 'with a mistake, and what only operators change',
    locals: {
      ...profile,
      kept: [{ label: 'Department', value: 'Sales' }],
      problem: { summary: 'Nothing was saved yet.' },
      username: 'alice',
      emailHref: '/account/email',
      usernameHref: '/account/username',
    },
  },
  {
    view: 'data',
    state: 'as it opens',
    locals: { title: 'My data', lead: 'To take along.', download: '/account/data/download' },
  },
  {
    view: 'delete',
    state: 'with time to think',
    locals: { ...deletion, problem: undefined, retryAfterSeconds: undefined },
  },
  {
    view: 'delete',
    state: 'at once, after a wrong password',
    locals: {
      ...deletion,
      sessions: 1,
      apps: 0,
      days: 0,
      problem: { summary: 'That is not the password of this account.', field: 'password' },
      retryAfterSeconds: undefined,
    },
  },
  {
    view: 'delete',
    state: 'with an authenticator, after a wrong code',
    locals: {
      ...deletion,
      needsCode: true,
      problem: { summary: 'That code is not right.', field: 'code' },
      retryAfterSeconds: undefined,
    },
  },
] as const;
