import { type FormEvent, useState } from 'react';
import { CodeField, EmailForm } from './email-form.tsx';
import { typedIn, useFocusOnFault } from './forms.ts';
import { Problem, TextField } from './parts.tsx';
import { fieldSentencesFor, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

export const WRONG_CODE = {
  INVALID_CREDENTIALS: 'The code is wrong, was used, or has expired. Look for the newest mail, or ask for another.',
};

interface ResetFormProps {
  /** The code of a link; null for a user who has no mail yet. */
  readonly linkCode: string | null;
  readonly onDone: () => void;
}

/** A forgotten password: a mail is asked for, and its code sets a new password. A link brings its code along. */
export function ResetForm({ linkCode, onDone }: ResetFormProps) {
  const [requestId, setRequestId] = useState<string | null>(null);
  const { auth } = useWiring();
  if (linkCode === null && requestId === null)
    return <EmailForm request={(email) => auth.requestPasswordReset({ email })} onRequested={setRequestId} />;
  return <NewPasswordForm linkCode={linkCode} requestId={requestId} onDone={onDone} />;
}

interface NewPasswordFormProps extends ResetFormProps {
  readonly requestId: string | null;
}

function NewPasswordForm({ linkCode, requestId, onDone }: NewPasswordFormProps) {
  const { auth } = useWiring();
  const action = useAction(async (code: string, newPassword: string) => {
    await auth.resetPassword({ code, newPassword, ...(requestId === null ? {} : { requestId }) });
    onDone();
  });
  const form = useFocusOnFault(action.error);
  const faults = fieldSentencesFor(action.error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { currentTarget } = event;
    void action.run(linkCode ?? typedIn(currentTarget, 'code').trim(), typedIn(currentTarget, 'newPassword'));
  };

  return (
    <form ref={form} onSubmit={submit} noValidate>
      {linkCode === null && <CodeField />}
      <TextField
        label="New password"
        name="newPassword"
        type="password"
        autoComplete="new-password"
        hint="8 characters or more."
        fault={faults['newPassword']}
      />
      <Problem>
        {action.error !== null && Object.keys(faults).length === 0 ? sentenceFor(action.error, WRONG_CODE) : null}
      </Problem>
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? 'Setting…' : 'Set the password'}
      </button>
    </form>
  );
}
