import { type RefObject, useEffect, useRef } from 'react';

/**
 * Leads to the first field that is to be mended. It is an effect, for the page shows what is wrong with a field when React
 * has got round to it, and by then the next frame may be over.
 *
 * @returns what the form is to have as its `ref`.
 */
export function useFocusOnFault(error: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return form;
}

/** What was typed into a field of a form. */
export function typedIn(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}
