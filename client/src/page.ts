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

/** A cookie that scripts may read; null if there is none, or another server set it. */
export function readableCookie(url: string, name: string): string | null {
  if (typeof document === 'undefined' || new URL(url, document.baseURI).hostname !== location.hostname) return null;
  const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? null;
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
