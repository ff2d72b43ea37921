// What pages show of whose server this is: the logo, and links at the foot.
import type { Config } from '../../config/config.ts';
import type { Locals } from '../../http/page.ts';

export const BRANDING_LOGO_PATH = '/branding/logo';

/** `brand`, for every page: {logoUrl?, termsUrl?, privacyUrl?, supportUrl?, theme}. */
export const brandLocals = ({ branding }: Config): Locals => ({
  brand: {
    logoUrl: branding.logoFile === undefined ? undefined : BRANDING_LOGO_PATH,
    termsUrl: branding.termsUrl,
    privacyUrl: branding.privacyUrl,
    supportUrl: branding.supportUrl,
    hasTheme: branding.colours !== undefined,
  },
});
