import { type FormEvent, useState } from 'react';
import { typedIn, useFocusOnFault } from './forms.ts';
import { useNotify } from './notices.tsx';
import { Card, Problem, TextField } from './parts.tsx';
import { WRONG_CODE } from './reset-form.tsx';
import { fieldSentencesFor, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

/** Changes the e-mail: a code is mailed to the new address, and confirms it. */
export function EmailCard() {
  const [requestId, setRequestId] = useState<string | null>(null);
  return (
    <Card title="Change e-mail" lead="Your old address is told, and can take the change back for seven days.">
      {requestId === null ? (
        <NewEmailForm onRequested={setRequestId} />
      ) : (
        <NewEmailCodeForm requestId={requestId} onDone={() => setRequestId(null)} />
      )}
    </Card>
  );
}

function NewEmailForm({ onRequested }: { readonly onRequested: (requestId: string) => void }) {
  const { auth } = useWiring();
  const action = useAction(async (newEmail: string, password: string) =>
    onRequested(await auth.requestEmailChange({ newEmail, ...(password === '' ? {} : { password }) })),
  );
  const form = useFocusOnFault(action.error);
  const faults = fieldSentencesFor(action.error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { currentTarget } = event;
    void action.run(typedIn(currentTarget, 'newEmail'), typedIn(currentTarget, 'password'));
  };

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <TextField label="New e-mail" name="newEmail" type="email" autoComplete="email" fault={faults['newEmail']} />
      <TextField
        label="Your password"
        name="password"
        type="password"
        autoComplete="current-password"
        hint="Leave it empty if you have none."
      />
      <Problem>
        {action.error !== null && Object.keys(faults).length === 0
          ? sentenceFor(action.error, {
              INVALID_CREDENTIALS: 'The password is wrong. If you have none, log in with a code again.',
            })
          : null}
      </Problem>
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? 'Sending…' : 'Mail a code to the new address'}
      </button>
    </form>
  );
}

interface NewEmailCodeFormProps {
  readonly requestId: string;
  readonly onDone: () => void;
}

function NewEmailCodeForm({ requestId, onDone }: NewEmailCodeFormProps) {
  const { auth, apollo } = useWiring();
  const notify = useNotify();
  const action = useAction(async (code: string) => {
    await auth.confirmEmailChange({ code, requestId });
    notify('Your e-mail is changed.');
    onDone();
    await apollo.refetchQueries({ include: 'active' });
  });
  const faults = fieldSentencesFor(action.error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void action.run(typedIn(event.currentTarget, 'code').trim());
  };

  return (
    <form onSubmit={submit} noValidate>
      <TextField
        label="Code for the new e-mail"
        name="code"
        type="text"
        autoComplete="one-time-code"
        hint="The six digits of the mail to your new address."
        fault={faults['code']}
      />
      <Problem>
        {action.error !== null && Object.keys(faults).length === 0 ? sentenceFor(action.error, WRONG_CODE) : null}
      </Problem>
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? 'Changing…' : 'Change the e-mail'}
      </button>
    </form>
  );
}
