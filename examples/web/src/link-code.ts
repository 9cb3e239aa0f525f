import { useEffect, useState } from 'react';

const PURPOSES = [
  'PASSWORD_RESET',
  'INVITATION',
  'EMAIL_VERIFICATION',
  'EMAIL_CHANGE',
  'EMAIL_REVERT',
  'LOGIN',
  'SESSION_END',
] as const;
export type LinkPurpose = (typeof PURPOSES)[number];

/** What the link of a mail brings. */
export interface LinkCode {
  readonly purpose: LinkPurpose;
  readonly code: string;
}

// Read once: React may run an effect or an initial state twice.
const first = takeLinkCode();

/**
 * The code of the mail whose link opened the page; null if there is none.
 *
 * @returns the code, and what to call once it is used.
 */
export function useLinkCode(): readonly [linkCode: LinkCode | null, forget: () => void] {
  const [linkCode, setLinkCode] = useState(first);
  useEffect(() => {
    // A link that is opened in this tab changes the fragment only.
    const take = () => {
      const taken = takeLinkCode();
      if (taken !== null) setLinkCode(taken);
    };
    // The fragment may have changed before this effect.
    take();
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return [linkCode, () => setLinkCode(null)];
}

/** Takes the code out of the address, so that it stays in no history. */
function takeLinkCode(): LinkCode | null {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const code = parameters.get('code');
  const purpose = PURPOSES.find((known) => known === parameters.get('purpose'));
  if (code === null || purpose === undefined) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return { purpose, code };
}
