import { type HTMLInputAutoCompleteAttribute, type ReactNode, useEffect, useId, useRef } from 'react';
import { sentenceFor } from './sentences.ts';

/** A heading that gets the focus when its page appears, so that a screen reader starts there. */
export function PageHeading({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · graphql-simplejwt`;
    heading.current?.focus();
  }, [title]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

interface CardProps {
  readonly title: string;
  readonly lead?: string;
  /** Beside the title. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

export function Card({ title, lead, action, children }: CardProps) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {action}
      </header>
      {lead !== undefined && <p className="lead">{lead}</p>}
      {children}
    </section>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly name: string;
  readonly type: 'email' | 'password' | 'text';
  readonly autoComplete: HTMLInputAutoCompleteAttribute;
  readonly hint?: string;
  /** What is wrong with it. */
  readonly fault?: string | undefined;
}

export function TextField({ label, hint, fault, ...input }: TextFieldProps) {
  const id = useId();
  const description = fault ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        {...input}
        required
        aria-invalid={fault !== undefined}
        {...(description === undefined ? {} : { 'aria-describedby': `${id}-description` })}
      />
      {description !== undefined && (
        <p className={fault === undefined ? 'hint' : 'fault'} id={`${id}-description`}>
          {description}
        </p>
      )}
    </div>
  );
}

/** An error that screen readers announce at once. The element exists before any error does. */
export function Problem({ children }: { readonly children: ReactNode }) {
  return (
    <div role="alert">
      {children !== null && children !== undefined && children !== '' && <p className="problem">{children}</p>}
    </div>
  );
}

interface LoadingProblemProps {
  /** Why it could not be loaded; null or undefined if it was. */
  readonly error: unknown;
  readonly onRetry: () => Promise<void>;
}

/** Says that something could not be loaded, and offers to try again. */
export function LoadingProblem({ error, onRetry }: LoadingProblemProps) {
  const isFine = error === null || error === undefined;
  return (
    <>
      <Problem>{isFine ? null : sentenceFor(error)}</Problem>
      {!isFine && (
        <button type="button" className="quiet" onClick={() => void onRetry()}>
          Try again
        </button>
      )}
    </>
  );
}
