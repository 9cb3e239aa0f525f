import { useState } from 'react';

/** Something that the page asks of the server, once at a time. */
export interface Action<Input extends readonly unknown[]> {
  readonly isRunning: boolean;
  /** Why the last one failed; null if it has not. */
  readonly error: unknown;
  run(...input: Input): Promise<void>;
}

export function useAction<Input extends readonly unknown[]>(
  work: (...input: Input) => Promise<unknown>,
): Action<Input> {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return {
    isRunning,
    error,
    async run(...input) {
      setRunning(true);
      setError(null);
      try {
        await work(...input);
      } catch (failure) {
        setError(failure);
      } finally {
        setRunning(false);
      }
    },
  };
}
