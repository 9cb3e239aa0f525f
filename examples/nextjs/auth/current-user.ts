import { cookies } from 'next/headers';
import { cache } from 'react';
import { askApi } from './api';
import { sessionTokens } from './session-cookies';

export interface User {
  readonly id: string;
  readonly email: string;
}

/**
 * The user of the request; null if nobody is logged in. Asks once, however many components call it.
 *
 * @throws if the API cannot be reached: nobody is logged out by that.
 */
export const currentUser = cache(async (): Promise<User | null> => {
  const { accessToken, refreshToken } = sessionTokens(await cookies());
  if (accessToken === undefined) {
    if (refreshToken === undefined) return null;
    throw new Error('The session could not be refreshed, so its user is not known.');
  }
  return (await askApi<{ me: User | null }>('{ me { id email } }', {}, accessToken)).data?.me ?? null;
});
