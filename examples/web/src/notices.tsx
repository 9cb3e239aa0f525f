import { createContext, type ReactNode, use, useCallback, useEffect, useState } from 'react';

interface Notice {
  readonly id: number;
  readonly text: string;
}

const NoticeContext = createContext<(text: string) => void>(() => undefined);
const SHOWN_FOR = 6_000;

/** Shows what was done, and tells screen readers. */
export function useNotify(): (text: string) => void {
  return use(NoticeContext);
}

export function Notices({ children }: { readonly children: ReactNode }) {
  const [notice, setNotice] = useState<Notice | null>(null);
  const notify = useCallback((text: string) => setNotice((before) => ({ id: (before?.id ?? 0) + 1, text })), []);
  useEffect(() => {
    const timer = setTimeout(() => setNotice(null), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [notice]);

  return (
    <NoticeContext value={notify}>
      {children}
      {/* It is there before it says anything, or nothing would be read out. */}
      <div className="notices" role="status" aria-live="polite">
        {notice !== null && (
          <p className="notice" key={notice.id}>
            {notice.text}
          </p>
        )}
      </div>
    </NoticeContext>
  );
}
