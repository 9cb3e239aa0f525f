import { type RefObject, useEffect, useRef } from 'react';

/**
 * Focuses the first faulty field. It is an effect, because React shows the faults later, possibly after the next frame.
 *
 * @returns the `ref` of the form.
 */
export function useFocusOnFault(error: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return form;
}

/** The text in a field of a form. */
export function typedIn(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}
