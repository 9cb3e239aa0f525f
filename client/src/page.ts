/**
 * Calls back when a page becomes active again: timers stand still while a machine sleeps or a page is hidden.
 *
 * @returns a function that stops it.
 */
export function onWake(wake: () => void, entry: string): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
  const stopping = new AbortController();
  const { signal } = stopping;
  const whenVisible = (): void => {
    if (document.visibilityState !== 'hidden') wake();
  };
  document.addEventListener('visibilitychange', whenVisible, { signal });
  for (const type of ['pageshow', 'online', 'focus']) window.addEventListener(type, wake, { signal });
  // Another tab has written. A null key means that the whole storage was cleared.
  const whenWritten = ({ key }: StorageEvent): void => {
    if (key === entry || key === null) wake();
  };
  window.addEventListener('storage', whenWritten, { signal });
  return () => stopping.abort();
}

/** The values of the cookies that scripts may read and whose names match; none if the server has another host. */
export function readableCookies(url: string, name: RegExp): string[] {
  if (typeof document === 'undefined' || new URL(url, document.baseURI).hostname !== location.hostname) return [];
  const pairs = document.cookie.split('; ').map((pair) => pair.split('='));
  return pairs.filter(([each = '']) => name.test(each)).map(([, value = '']) => value);
}

/** Whether two URLs have the same origin. False if an origin cannot be determined, so that no token goes astray. */
export function isSameOrigin(one: string, other: string): boolean {
  const origin = originOf(one);
  return origin !== null && origin === originOf(other);
}

/** The origin that `fetch` would reach; null if it cannot be determined. */
function originOf(url: string): string | null {
  const base = baseOfPage();
  // React Native has no page, and its `URL` is incomplete.
  if (base === undefined) return /^https?:\/\/[^/?#\\@\s]+(?=[/?#]|$)/i.exec(url)?.[0].toLowerCase() ?? null;
  try {
    const { origin } = new URL(url, base);
    return origin === 'null' ? null : origin;
  } catch {
    return null;
  }
}

function baseOfPage(): string | undefined {
  if (typeof document !== 'undefined') return document.baseURI;
  return typeof location === 'undefined' ? undefined : location.href;
}
