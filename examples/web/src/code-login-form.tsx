import { type FormEvent, useState } from 'react';
import { CodeField, EmailForm } from './email-form.tsx';
import { typedIn } from './forms.ts';
import { Problem } from './parts.tsx';
import { WRONG_CODE } from './reset-form.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

/** A login without a password: a mail is asked for, and its digits log in. */
export function CodeLoginForm() {
  const { auth } = useWiring();
  const [requestId, setRequestId] = useState<string | null>(null);
  const action = useAction(async (code: string) =>
    auth.loginWithCode({ code, ...(requestId === null ? {} : { requestId }) }),
  );
  if (requestId === null)
    return <EmailForm request={(email) => auth.requestLoginCode({ email })} onRequested={setRequestId} />;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void action.run(typedIn(event.currentTarget, 'code').trim());
  };

  return (
    <form onSubmit={submit} noValidate>
      <CodeField />
      <Problem>{action.error === null ? null : sentenceFor(action.error, WRONG_CODE)}</Problem>
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? 'Logging in…' : 'Log in'}
      </button>
    </form>
  );
}
