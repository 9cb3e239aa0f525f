'use client';

import { useActionState } from 'react';
import { submitLogin } from './actions';

export function LoginForm() {
  const [failure, submit, isPending] = useActionState(submitLogin, '');
  return (
    <form action={submit}>
      <input name="email" type="email" autoComplete="username" required />
      <input name="password" type="password" autoComplete="current-password" required />
      <button disabled={isPending}>Log in</button>
      <p role="alert">{failure}</p>
    </form>
  );
}
