import { authErrorOf, type LogoutReason, type TokenDelivery } from 'graphql-simplejwt-client';
import { type FormEvent, useState } from 'react';
import { CodeLoginForm } from './code-login-form.tsx';
import { DeliverySwitch } from './delivery-switch.tsx';
import { typedIn, useFocusOnFault } from './forms.ts';
import { PageHeading, Problem, TextField } from './parts.tsx';
import { ResetForm } from './reset-form.tsx';
import { fieldSentencesFor, LOGOUT_SENTENCES, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

interface WelcomePageProps {
  /** Why the session ended; null if there was none. */
  readonly reason: LogoutReason | null;
  readonly delivery: TokenDelivery;
  readonly onChooseDelivery: (delivery: TokenDelivery) => void;
  /** The code of a link to choose a new password; null if no link was opened. */
  readonly linkCode: string | null;
  readonly onLinkCodeUsed: () => void;
}

const WORDS = {
  login: { title: 'Log in', button: 'Log in', busy: 'Logging in…', question: 'No account yet?', other: 'Create one' },
  register: {
    title: 'Create an account',
    button: 'Create account',
    busy: 'Creating…',
    question: 'Have an account?',
    other: 'Log in',
  },
  reset: { title: 'Choose a new password', question: 'Do you know it again?', other: 'Log in' },
  code: { title: 'Log in with a code', question: 'Do you have a password?', other: 'Use it' },
} as const;
type Mode = keyof typeof WORDS;

export function WelcomePage({ reason, delivery, onChooseDelivery, linkCode, onLinkCodeUsed }: WelcomePageProps) {
  const [chosen, setMode] = useState<Mode>('login');
  const mode = linkCode === null ? chosen : 'reset';
  const words = WORDS[mode];
  const leave = () => {
    onLinkCodeUsed();
    setMode(mode === 'login' ? 'register' : 'login');
  };
  return (
    <main className="welcome">
      <p className="brand">
        <span className="mark" aria-hidden="true" />
        graphql-simplejwt
      </p>
      <div className="welcome-card">
        <PageHeading title={words.title}>{words.title}</PageHeading>
        <div role="status">{reason !== null && <p className={noteClass(reason)}>{LOGOUT_SENTENCES[reason]}</p>}</div>
        {mode === 'reset' && <ResetForm linkCode={linkCode} onDone={onLinkCodeUsed} />}
        {mode === 'code' && <CodeLoginForm />}
        {(mode === 'login' || mode === 'register') && <CredentialsForm key={mode} mode={mode} />}
        {mode === 'login' && (
          <p className="switch-mode">
            <button type="button" className="link" onClick={() => setMode('reset')}>
              Forgot your password?
            </button>{' '}
            <button type="button" className="link" onClick={() => setMode('code')}>
              Get a code by mail
            </button>
          </p>
        )}
        <p className="switch-mode">
          {words.question}{' '}
          <button type="button" className="link" onClick={leave}>
            {words.other}
          </button>
        </p>
      </div>
      <DeliverySwitch chosen={delivery} onChoose={onChooseDelivery} />
    </main>
  );
}

function noteClass(reason: LogoutReason): string {
  return reason === 'LOGGED_OUT' ? 'note' : 'note warning';
}

function CredentialsForm({ mode }: { readonly mode: 'login' | 'register' }) {
  const { auth } = useWiring();
  const words = WORDS[mode];
  const [isMailed, setMailed] = useState(false);
  const [email, setEmail] = useState('');
  const action = useAction(async (input: { email: string; password: string }) => {
    setEmail(input.email);
    const user = await auth[mode](input);
    setMailed(user === null);
  });
  const mailAgain = useAction(async () => {
    await auth.requestEmailVerification({ email });
    setMailed(true);
  });
  const error = mailAgain.error ?? action.error;
  const form = useFocusOnFault(error);
  const faults = fieldSentencesFor(error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { currentTarget } = event;
    void action.run({ email: typedIn(currentTarget, 'email'), password: typedIn(currentTarget, 'password') });
  };

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <TextField label="E-mail" name="email" type="email" autoComplete="username" fault={faults['email']} />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete={mode === 'login' ? 'current-password' : 'new-password'}
        {...(mode === 'register' ? { hint: '8 characters or more.' } : {})}
        fault={faults['password']}
      />
      <div role="status">
        {isMailed && <p className="note">A mail with a link is on its way. Open it to confirm your e-mail.</p>}
      </div>
      <Problem>{error !== null && Object.keys(faults).length === 0 ? sentenceFor(error) : null}</Problem>
      {authErrorOf(action.error)?.code === 'EMAIL_UNVERIFIED' && (
        <button type="button" className="link" onClick={() => void mailAgain.run()}>
          Mail another link
        </button>
      )}
      <button type="submit" className="primary" aria-disabled={action.isRunning}>
        {action.isRunning ? words.busy : words.button}
      </button>
    </form>
  );
}
