import type { TokenDelivery } from 'graphql-simplejwt-client';

interface DeliveryText {
  readonly name: string;
  readonly explanation: string;
}

export const DELIVERIES: Readonly<Record<TokenDelivery, DeliveryText>> = {
  BODY: {
    name: 'In the answer',
    explanation: 'Both tokens are kept in localStorage. Simple, but a script that gets into the page can read them.',
  },
  COOKIES: {
    name: 'In cookies',
    explanation: 'Both tokens are HttpOnly cookies. No script ever sees them; a CSRF token guards them.',
  },
  REFRESH_COOKIE: {
    name: 'Refresh token in a cookie',
    explanation: 'The access token stays in memory, the refresh token in an HttpOnly cookie.',
  },
};

const ENTRY = 'example.delivery';

/** All tabs use the same delivery, and keep it after a reload. */
export function chosenDelivery(): TokenDelivery {
  const noted = localStorage.getItem(ENTRY);
  return noted !== null && noted in DELIVERIES ? (noted as TokenDelivery) : 'BODY';
}

export function chooseDelivery(delivery: TokenDelivery): void {
  localStorage.setItem(ENTRY, delivery);
}

/** Calls back when another tab has chosen. */
export function onDeliveryChosenElsewhere(listen: () => void): () => void {
  const whenWritten = ({ key }: StorageEvent): void => {
    if (key === ENTRY) listen();
  };
  window.addEventListener('storage', whenWritten);
  return () => window.removeEventListener('storage', whenWritten);
}
