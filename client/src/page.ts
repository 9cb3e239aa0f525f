/**
 * Tells of the moments at which a page comes back: timers stand still while a machine sleeps or a page is hidden.
 *
 * @returns stops it.
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
  // Another tab has written; a null key means that everything was cleared.
  const whenWritten = ({ key }: StorageEvent): void => {
    if (key === entry || key === null) wake();
  };
  window.addEventListener('storage', whenWritten, { signal });
  return () => stopping.abort();
}

/** A cookie that scripts may read; null where it is not there, or is none of this server's. */
export function readableCookie(url: string, name: string): string | null {
  if (typeof document === 'undefined' || new URL(url, document.baseURI).hostname !== location.hostname) return null;
  const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? null;
}

/** Whether a URL leads to the same server as another. Tokens go nowhere else. */
export function isSameOrigin(one: string, other: string): boolean {
  return originOf(one) === originOf(other);
}

/** Scheme and host, as `URL` would say, which is not whole in React Native. */
function originOf(url: string): string {
  const [origin] = /^[a-z]+:\/\/[^/?#]+/i.exec(url) ?? [typeof location === 'undefined' ? '' : location.origin];
  return origin.toLowerCase();
}
