// Fields that somebody adds to a form because they would like to be more than they are, or somebody else.

export const WISHES: readonly string[] =
  `roles role_ids is_admin is_staff is_superuser admin owner email_verified_at email_key status status_reason delete_at sub id
  account_id password_hash password totp_secret created_at updated_at permissions attributes claims attribute_unknown expires_at
  by actor confirmed declared constructor __proto__ prototype`.split(/\s+/);

/** How frameworks let one field carry another. */
export const SHAPES: Readonly<Record<string, (name: string) => string>> = {
  plain: (name) => name,
  array: (name) => `${name}[]`,
  nested: (name) => `account[${name}]`,
  dotted: (name) => `account.${name}`,
  prototype: (name) => `__proto__[${name}]`,
  'other case': (name) => name.toUpperCase(),
};
