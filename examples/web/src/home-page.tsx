import type { AuthUser } from 'graphql-simplejwt-client';
import { AccountCard } from './account-card.tsx';
import { DevicesCard } from './devices-card.tsx';
import { EmailCard } from './email-card.tsx';
import { EventsCard } from './events-card.tsx';
import { PageHeading } from './parts.tsx';
import { PasswordCard } from './password-card.tsx';
import { TokensPanel } from './tokens-panel.tsx';

export function HomePage({ user }: { readonly user: AuthUser }) {
  return (
    <div className="home">
      <header className="top">
        <p className="brand">
          <span className="mark" aria-hidden="true" />
          graphql-simplejwt
        </p>
        <p className="who">{user.email}</p>
      </header>
      <main>
        <PageHeading title="Your account">Your account</PageHeading>
        <div className="columns">
          <div className="column">
            <AccountCard />
            <DevicesCard />
            <EventsCard />
          </div>
          <div className="column">
            <TokensPanel />
            <PasswordCard />
            <EmailCard />
          </div>
        </div>
      </main>
    </div>
  );
}
