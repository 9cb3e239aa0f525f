import type { AuthClient } from 'graphql-simplejwt-client';
import { useState } from 'react';
import type { LinkPurpose } from './link-code.ts';
import { PageHeading, Problem } from './parts.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

interface LinkAction {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  readonly done: string;
  readonly run: (auth: AuthClient, code: string) => Promise<unknown>;
}

/** Links that one button confirms. It is a button, because mail scanners open links too. */
const ACTIONS = {
  EMAIL_CHANGE: {
    title: 'Confirm your new e-mail',
    lead: 'Confirm it in the browser in which you asked for the change.',
    button: 'Use this e-mail',
    done: 'Your e-mail is changed.',
    run: (auth, code) => auth.confirmEmailChange({ code }),
  },
  EMAIL_REVERT: {
    title: 'Bring your e-mail back',
    lead: 'Your account gets this address back, every device is logged out, and the password is void.',
    button: 'Bring it back',
    done: 'Your e-mail is back. A mail with a link to choose a new password is on its way.',
    run: (auth, code) => auth.revertEmailChange({ code }),
  },
  LOGIN: {
    title: 'Log in',
    lead: 'The mail has proved who you are.',
    button: 'Log in here',
    done: 'You are logged in.',
    run: (auth, code) => auth.loginWithCode({ code }),
  },
  SESSION_END: {
    title: 'It was not you',
    lead: 'The device that the mail tells of is logged out. Then choose a new password.',
    button: 'Log it out',
    done: 'It is logged out. Now choose a new password.',
    run: (auth, code) => auth.endSessionWithCode({ code }),
  },
} as const satisfies Partial<Record<LinkPurpose, LinkAction>>;

type LinkPagePurpose = keyof typeof ACTIONS;

export function isOfLinkPage(purpose: LinkPurpose): purpose is LinkPagePurpose {
  return purpose in ACTIONS;
}

const WRONG = {
  INVALID_CREDENTIALS: 'The link was used, or has expired. Ask for a new mail.',
  UNAUTHENTICATED: 'Log in first, in the browser in which you asked for the change.',
};

interface LinkPageProps {
  readonly purpose: LinkPagePurpose;
  readonly code: string;
  readonly onDone: () => void;
}

export function LinkPage({ purpose, code, onDone }: LinkPageProps) {
  const { auth } = useWiring();
  const words = ACTIONS[purpose];
  const [isDone, setDone] = useState(false);
  const action = useAction(async () => {
    await words.run(auth, code);
    setDone(true);
  });
  return (
    <main className="welcome">
      <div className="welcome-card">
        <PageHeading title={words.title}>{words.title}</PageHeading>
        <div role="status">{isDone && <p className="note">{words.done}</p>}</div>
        {!isDone && <p className="lead">{words.lead}</p>}
        <Problem>{action.error === null ? null : sentenceFor(action.error, WRONG)}</Problem>
        {!isDone && (
          <button type="button" className="primary" aria-disabled={action.isRunning} onClick={() => void action.run()}>
            {words.button}
          </button>
        )}
        <p className="switch-mode">
          <button type="button" className="link" onClick={onDone}>
            {isDone ? 'Go on' : 'Leave it'}
          </button>
        </p>
      </div>
    </main>
  );
}
