import type { FormEvent } from 'react';
import { typedIn, useFocusOnFault } from './forms.ts';
import { useNotify } from './notices.tsx';
import { Card, Problem, TextField } from './parts.tsx';
import { fieldSentencesFor, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

export function PasswordCard() {
  const { auth, apollo } = useWiring();
  const notify = useNotify();
  const change = useAction(async (filled: HTMLFormElement) => {
    await auth.changePassword({
      currentPassword: typedIn(filled, 'currentPassword'),
      newPassword: typedIn(filled, 'newPassword'),
    });
    filled.reset();
    notify('Your password is changed. All other devices are logged out.');
    await apollo.refetchQueries({ include: 'active' });
  });
  const form = useFocusOnFault(change.error);
  const faults = fieldSentencesFor(change.error);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void change.run(event.currentTarget);
  };

  return (
    <Card title="Change password" lead="This logs out every other device.">
      <form ref={form} onSubmit={submit} noValidate>
        <TextField
          label="Current password"
          name="currentPassword"
          type="password"
          autoComplete="current-password"
          fault={faults['currentPassword']}
        />
        <TextField
          label="New password"
          name="newPassword"
          type="password"
          autoComplete="new-password"
          hint="8 characters or more."
          fault={faults['newPassword']}
        />
        <Problem>
          {change.error !== null && Object.keys(faults).length === 0
            ? sentenceFor(change.error, { INVALID_CREDENTIALS: 'The current password is wrong. Type it again.' })
            : null}
        </Problem>
        <button type="submit" className="primary" aria-disabled={change.isRunning}>
          {change.isRunning ? 'Changing…' : 'Change password'}
        </button>
      </form>
    </Card>
  );
}
