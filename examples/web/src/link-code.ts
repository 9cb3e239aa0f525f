import { useEffect, useState } from 'react';

// Read once: React may run an effect or an initial state twice.
const first = takeLinkCode();

/**
 * The code of the mail whose link opened the page; null if there is none.
 *
 * @returns the code, and what to call once it is used.
 */
export function useLinkCode(): readonly [code: string | null, forget: () => void] {
  const [code, setCode] = useState(first);
  useEffect(() => {
    // A link that is opened in this tab changes the fragment only.
    const take = () => setCode((held) => takeLinkCode() ?? held);
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return [code, () => setCode(null)];
}

/** Takes the code out of the address, so that it stays in no history. */
function takeLinkCode(): string | null {
  const parameters = new URLSearchParams(location.hash.slice(1));
  if (parameters.get('purpose') !== 'PASSWORD_RESET') return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return parameters.get('code');
}
