import type { AuthClientEvent } from 'graphql-simplejwt-client';

const SENTENCES: Readonly<Record<AuthClientEvent['type'], string>> = {
  STARTED: 'The page was opened',
  LOGGED_IN: 'Logged in: a first pair',
  REFRESHED: 'Refreshed: a new pair',
  REFRESH_FAILED: 'A refresh got no answer; it is tried again',
  LOGGED_OUT: 'Logged out',
};

export function historySentence(event: AuthClientEvent): string {
  const isElsewhere = 'isElsewhere' in event && event.isElsewhere;
  return `${SENTENCES[event.type]}${isElsewhere ? ', from another tab' : ''}`;
}
