import { useRef, useState } from 'react';

/** A request to the server that runs once at a time. */
export interface Action<Input extends readonly unknown[]> {
  readonly isRunning: boolean;
  /** The error of the last run; null if it succeeded. */
  readonly error: unknown;
  /** Does nothing while it is running, so its button need not be disabled, which would take the focus away. */
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
