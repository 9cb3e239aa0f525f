import { useApolloClient } from '@apollo/client/react';
import { useState } from 'react';
import { DELIVERIES } from './delivery.ts';
import { formatSeconds, formatTime } from './format.ts';
import { historySentence } from './history-sentences.ts';
import { MeDocument } from './gql/graphql.ts';
import { Card, Problem } from './parts.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useLifetimes } from './use-lifetimes.ts';
import { useTokenHistory, useWiring } from './use-wiring.ts';

const MANY = 10;

/** The two tokens with their remaining lifetimes. */
export function TokensPanel() {
  const { auth, delivery } = useWiring();
  const apollo = useApolloClient();
  const lifetimes = useLifetimes();
  const history = useTokenHistory();
  const [answers, setAnswers] = useState<string | null>(null);
  const refresh = useAction(async () => auth.refresh());
  const askMany = useAction(async () => {
    setAnswers(null);
    const ask = async () =>
      apollo.query({ query: MeDocument, fetchPolicy: 'no-cache', context: { queryDeduplication: false } });
    const all = await Promise.all(Array.from({ length: MANY }, ask));
    setAnswers(`${all.filter(({ data }) => data?.me != null).length} of ${MANY} operations were answered.`);
  });
  const failure = refresh.error ?? askMany.error;

  return (
    <Card title="Tokens" lead={DELIVERIES[delivery].explanation}>
      {lifetimes !== null && (
        <div className="meters">
          <TokenMeter name="Access token" left={lifetimes.accessToken} total={lifetimes.accessTotal} />
          <TokenMeter name="Refresh token" left={lifetimes.refreshToken} total={lifetimes.refreshTotal} />
        </div>
      )}
      <div className="buttons">
        <button type="button" aria-disabled={refresh.isRunning} onClick={() => void refresh.run()}>
          Refresh now
        </button>
        <button type="button" aria-disabled={askMany.isRunning} onClick={() => void askMany.run()}>
          Send {MANY} operations at once
        </button>
      </div>
      <p className="hint" role="status">
        {answers}
      </p>
      <Problem>{failure === null ? null : sentenceFor(failure)}</Problem>
      <h3>As it happens in this tab</h3>
      <div role="log" aria-label="What happened to the tokens">
        <ol className="history">
          {history.map(({ id, at, event }) => (
            <li key={id} data-event={event.type}>
              <time dateTime={at.toISOString()}>{formatTime(at)}</time>
              <span>{historySentence(event)}</span>
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}

interface TokenMeterProps {
  readonly name: string;
  /** Seconds. */
  readonly left: number;
  readonly total: number;
}

function TokenMeter({ name, left, total }: TokenMeterProps) {
  const share = total === 0 ? 0 : Math.min(1, left / total);
  const text = left <= 0 ? 'expired' : `${formatSeconds(left)} left`;
  return (
    <div className="meter">
      <div className="meter-head">
        <span>{name}</span>
        <span className="meter-left">{text}</span>
      </div>
      <div
        role="meter"
        className="meter-track"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={Math.round(total)}
        aria-valuenow={Math.round(left)}
        aria-valuetext={text}
      >
        <div className="meter-bar" style={{ transform: `scaleX(${share})` }} />
      </div>
    </div>
  );
}
