import type { FormEvent } from 'react';
import { focusFirstFault, typedIn } from './forms.ts';
import { useNotify } from './notices.tsx';
import { Card, Problem, TextField } from './parts.tsx';
import { fieldSentencesFor, sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

export function PasswordCard() {
  const { auth, apollo } = useWiring();
  const notify = useNotify();
  const change = useAction(async (form: HTMLFormElement) => {
    await auth.changePassword({
      currentPassword: typedIn(form, 'currentPassword'),
      newPassword: typedIn(form, 'newPassword'),
    });
    form.reset();
    notify('Your password is changed. All other devices are logged out.');
    await apollo.refetchQueries({ include: 'active' });
  });
  const faults = fieldSentencesFor(change.error);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    await change.run(form);
    focusFirstFault(form);
  };

  return (
    <Card title="Change password" lead="This logs out every other device.">
      <form onSubmit={(event) => void submit(event)} noValidate>
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
