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

/** Whether a URL leads to the same server as another. Tokens go nowhere else, so what cannot be told leads elsewhere. */
export function isSameOrigin(one: string, other: string): boolean {
  const origin = originOf(one);
  return origin !== null && origin === originOf(other);
}

/** Where `fetch` would go; null where that cannot be told. */
function originOf(url: string): string | null {
  const base = baseOfPage();
  // React Native has no page, and a `URL` that is not whole.
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
