'use server';

import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { sessionCookies, sessionTokens } from '../auth/session-cookies';
import { logIn, logOut } from '../auth/tokens';

/** Returns why the login failed. */
export async function submitLogin(_before: string, form: FormData): Promise<string> {
  const [email, password] = [form.get('email'), form.get('password')];
  if (typeof email !== 'string' || typeof password !== 'string') return 'Fill in both fields.';
  const result = await logIn(email, password);
  if ('message' in result) return result.message;
  const jar = await cookies();
  for (const each of sessionCookies(result)) jar.set(each);
  redirect('/');
}

export async function submitLogout(): Promise<void> {
  const jar = await cookies();
  const { refreshToken } = sessionTokens(jar);
  if (refreshToken !== undefined) await logOut(refreshToken);
  for (const each of sessionCookies(null)) jar.set(each);
  redirect('/');
}
