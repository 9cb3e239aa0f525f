import { ApolloProvider } from '@apollo/client/react';
import type { TokenDelivery } from 'graphql-simplejwt-client';
import { useEffect, useState } from 'react';
import { ConfirmPage } from './confirm-page.tsx';
import { chooseDelivery, chosenDelivery, onDeliveryChosenElsewhere } from './delivery.ts';
import { HomePage } from './home-page.tsx';
import { isOfLinkPage, LinkPage } from './link-page.tsx';
import { useLinkCode } from './link-code.ts';
import { Notices } from './notices.tsx';
import { useAuthState, WiringContext } from './use-wiring.ts';
import { WelcomePage } from './welcome-page.tsx';
import { type Wiring, wire } from './wiring.ts';

export function App() {
  const [delivery, setDelivery] = useState(chosenDelivery);
  const [wiring, setWiring] = useState<Wiring | null>(null);

  useEffect(() => onDeliveryChosenElsewhere(() => setDelivery(chosenDelivery())), []);
  useEffect(() => {
    const next = wire(delivery);
    setWiring(next);
    return () => next.close();
  }, [delivery]);

  const choose = (choice: TokenDelivery) => {
    chooseDelivery(choice);
    setDelivery(choice);
  };
  if (wiring === null) return null;
  return (
    <WiringContext value={wiring}>
      <ApolloProvider client={wiring.apollo}>
        <Page delivery={delivery} onChooseDelivery={choose} />
      </ApolloProvider>
    </WiringContext>
  );
}

interface PageProps {
  readonly delivery: TokenDelivery;
  readonly onChooseDelivery: (delivery: TokenDelivery) => void;
}

function Page({ delivery, onChooseDelivery }: PageProps) {
  const state = useAuthState();
  const [linkCode, forgetLinkCode] = useLinkCode();
  if (state.status === 'STARTING') return <main className="starting" aria-busy="true" aria-label="Loading" />;
  if (linkCode?.purpose === 'EMAIL_VERIFICATION') return <ConfirmPage code={linkCode.code} onDone={forgetLinkCode} />;
  if (linkCode !== null && isOfLinkPage(linkCode.purpose))
    return <LinkPage purpose={linkCode.purpose} code={linkCode.code} onDone={forgetLinkCode} />;
  if (state.status === 'LOGGED_OUT' || linkCode !== null)
    return (
      <WelcomePage
        reason={state.status === 'LOGGED_OUT' ? state.reason : null}
        delivery={delivery}
        onChooseDelivery={onChooseDelivery}
        linkCode={linkCode?.code ?? null}
        onLinkCodeUsed={forgetLinkCode}
      />
    );
  // The key makes React build a new page for another user.
  return (
    <Notices key={state.user.id}>
      <HomePage user={state.user} />
    </Notices>
  );
}
