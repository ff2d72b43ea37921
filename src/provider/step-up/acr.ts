// The authentication contexts there are (acr): a password alone, or with a second factor.

export type Acr = 'pwd' | 'mfa';

export const ACR_VALUES: readonly Acr[] = ['pwd', 'mfa'];

export const isAcr = (value: string): value is Acr => (ACR_VALUES as readonly string[]).includes(value);
