/** The part of a browser's page that the kit uses. */
export interface FakePage {
  readonly window: EventTarget;
  /** Hides the page, or shows it again. */
  setVisible(isVisible: boolean): void;
  /** Reports a write of another tab to `localStorage`. */
  tellWritten(key: string | null): void;
}

const GLOBALS = ['window', 'document', 'location', 'localStorage', 'sessionStorage'];

/** Installs a page as Node's globals for the rest of one test. */
export function useFakePages(): (url: string, cookie?: string) => FakePage {
  const before = GLOBALS.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  afterEach(() => {
    for (const [index, name] of GLOBALS.entries()) {
      const descriptor = before[index];
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  });
  return (url, cookie = '') => {
    const window = new EventTarget();
    const document = Object.assign(new EventTarget(), { baseURI: url, visibilityState: 'visible', cookie });
    setGlobals({ window, document, location: new URL(url) });
    return {
      window,
      setVisible(isVisible) {
        document.visibilityState = isVisible ? 'visible' : 'hidden';
        document.dispatchEvent(new Event('visibilitychange'));
      },
      tellWritten: (key) => void window.dispatchEvent(Object.assign(new Event('storage'), { key })),
    };
  };
}

export function setGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
