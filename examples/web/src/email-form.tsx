import type { FormEvent } from 'react';
import { typedIn, useFocusOnFault } from './forms.ts';
import { Problem, TextField } from './parts.tsx';
import { fieldSentencesFor, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';

interface EmailFormProps {
  /** Has a code mailed, and gives the id of the request. */
  readonly request: (email: string) => Promise<string>;
  readonly onRequested: (requestId: string) => void;
}

/** Asks for an e-mail, and has a code mailed to it. */
export function EmailForm({ request, onRequested }: EmailFormProps) {
  const action = useAction(async (email: string) => onRequested(await request(email)));
  const form = useFocusOnFault(action.error);
  const faults = fieldSentencesFor(action.error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void action.run(typedIn(event.currentTarget, 'email'));
  };

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <TextField label="E-mail" name="email" type="email" autoComplete="username" fault={faults['email']} />
      <Problem>{action.error !== null && Object.keys(faults).length === 0 ? sentenceFor(action.error) : null}</Problem>
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? 'Sending…' : 'Send a code'}
      </button>
    </form>
  );
}

/** The digits of the mail that is on its way. */
export function CodeField() {
  return (
    <>
      <p role="status" className="note">
        If there is an account with this e-mail, a mail with a code is on its way.
      </p>
      <TextField label="Code" name="code" type="text" autoComplete="one-time-code" hint="The six digits of the mail." />
    </>
  );
}
