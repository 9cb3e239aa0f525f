import type { CurrentUser } from '../sessions/authenticate.ts';
import type { AccountServices } from './services.ts';

/** The caller as the API shows it; null if the user was deleted a moment ago. */
export async function findCurrentUser({ subjects }: AccountServices, caller: CurrentUser): Promise<object | null> {
  const subject = await subjects.find(caller.id);
  return subject && subject.view();
}
