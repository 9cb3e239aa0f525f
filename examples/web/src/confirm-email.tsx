import { useApolloClient } from '@apollo/client/react';
import { type FormEvent, useState } from 'react';
import { typedIn } from './forms.ts';
import { useNotify } from './notices.tsx';
import { Problem, TextField } from './parts.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

const WRONG = { INVALID_CREDENTIALS: 'The code is wrong, was used, or has expired. Ask for a new one.' };

/** Has a code mailed, and confirms the e-mail with it. */
export function ConfirmEmail({ email }: { readonly email: string }) {
  const { auth } = useWiring();
  const apollo = useApolloClient();
  const notify = useNotify();
  const [requestId, setRequestId] = useState<string | null>(null);
  const send = useAction(async () => setRequestId(await auth.requestEmailVerification({ email })));
  const confirm = useAction(async (code: string) => {
    await auth.verifyEmail({ code, ...(requestId === null ? {} : { requestId }) });
    notify('Your e-mail is confirmed.');
    await apollo.refetchQueries({ include: 'active' });
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void confirm.run(typedIn(event.currentTarget, 'code').trim());
  };

  if (requestId === null)
    return (
      <>
        <Problem>{send.error === null ? null : sentenceFor(send.error)}</Problem>
        <p>
          Your e-mail is not confirmed.{' '}
          <button type="button" className="link" onClick={() => void send.run()}>
            {send.isRunning ? 'Sending…' : 'Send a code'}
          </button>
        </p>
      </>
    );
  return (
    <form onSubmit={submit} noValidate>
      <TextField label="Code" name="code" type="text" autoComplete="one-time-code" hint="The six digits of the mail." />
      <Problem>{confirm.error === null ? null : sentenceFor(confirm.error, WRONG)}</Problem>
      <button type="submit" className="primary" aria-disabled={confirm.isRunning}>
        {confirm.isRunning ? 'Confirming…' : 'Confirm the e-mail'}
      </button>
    </form>
  );
}
