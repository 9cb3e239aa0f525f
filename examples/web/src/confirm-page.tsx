import { type FormEvent, useState } from 'react';
import { typedIn } from './forms.ts';
import { PageHeading, Problem, TextField } from './parts.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useAuthState, useWiring } from './use-wiring.ts';

const WRONG = {
  INVALID_CREDENTIALS:
    'The password is wrong, or the link was used or has expired. Check the password, or ask for a new mail.',
};

interface ConfirmPageProps {
  readonly code: string;
  readonly onDone: () => void;
}

/**
 * Confirms an e-mail with the link of a mail. If nobody is logged in here, the password shows that the account belongs to
 * the owner of the address.
 */
export function ConfirmPage({ code, onDone }: ConfirmPageProps) {
  const { auth } = useWiring();
  const isLoggedIn = useAuthState().status === 'LOGGED_IN';
  const [isDone, setDone] = useState(false);
  const action = useAction(async (password: string | null) => {
    await auth.verifyEmail({ code, ...(password === null ? {} : { password }) });
    setDone(true);
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void action.run(isLoggedIn ? null : typedIn(event.currentTarget, 'password'));
  };

  return (
    <main className="welcome">
      <div className="welcome-card">
        <PageHeading title="Confirm your e-mail">Confirm your e-mail</PageHeading>
        <div role="status">{isDone && <p className="note">Your e-mail is confirmed.</p>}</div>
        {isDone ? (
          <button type="button" className="primary" onClick={onDone}>
            Go on
          </button>
        ) : (
          <form onSubmit={submit} noValidate>
            {!isLoggedIn && (
              <TextField label="Password" name="password" type="password" autoComplete="current-password" />
            )}
            <Problem>{action.error === null ? null : sentenceFor(action.error, WRONG)}</Problem>
            <button type="submit" className="primary" aria-disabled={action.isRunning}>
              {action.isRunning ? 'Confirming…' : 'Confirm'}
            </button>
            {!isLoggedIn && (
              <p className="switch-mode">
                Somebody else chose the password?{' '}
                <button type="button" className="link" onClick={() => void action.run(null)}>
                  Confirm without it
                </button>
                . It is then void, and you choose a new one.
              </p>
            )}
          </form>
        )}
      </div>
    </main>
  );
}
