import { useRef, useState } from 'react';

/** Something that the page asks of the server, once at a time. */
export interface Action<Input extends readonly unknown[]> {
  readonly isRunning: boolean;
  /** Why the last one failed; null if it has not. */
  readonly error: unknown;
  /** Does nothing while it is running. A button need not be disabled meanwhile, which would take the focus from it. */
  readonly run: (...input: Input) => Promise<void>;
}

export function useAction<Input extends readonly unknown[]>(
  work: (...input: Input) => Promise<unknown>,
): Action<Input> {
  const running = useRef(false);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return {
    isRunning,
    error,
    async run(...input) {
      if (running.current) return;
      running.current = true;
      setRunning(true);
      setError(null);
      try {
        await work(...input);
      } catch (failure) {
        setError(failure);
      } finally {
        running.current = false;
        setRunning(false);
      }
    },
  };
}
