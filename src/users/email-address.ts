import { domainToASCII } from 'node:url';

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const LONGEST_ADDRESS = 254;
/** A dot-atom of ASCII (RFC 5322 section 3.2.3), at most 64 characters (RFC 5321 section 4.5.3.1.1). */
const LOCAL_PART = /^(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** Labels of letters, digits and hyphens (RFC 1034 section 3.5), at least two. The last one is no number. */
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** The conversion to ASCII would decode or drop these. */
const NOT_IN_A_DOMAIN = /[\s%/\\?#:@[\]<>^|]/;

/**
 * Brings an e-mail address into its one form, so that addresses that look alike are one account: an ASCII local part in
 * lower case, and the domain as ASCII (IDNA, UTS 46). Unicode local parts are refused, because they have many forms that
 * look alike.
 *
 * @returns null if mail cannot be sent to the address.
 */
export function normalizeEmail(text: string): string | null {
  const [localPart = '', domain = '', ...rest] = text.trim().split('@');
  // Checked before the conversion to lower case, which turns the Kelvin sign into a k.
  if (rest.length > 0 || !LOCAL_PART.test(localPart) || NOT_IN_A_DOMAIN.test(domain)) return null;
  const asciiDomain = domainToASCII(domain);
  const address = `${localPart.toLowerCase()}@${asciiDomain}`;
  return DOMAIN.test(asciiDomain) && address.length <= LONGEST_ADDRESS ? address : null;
}
