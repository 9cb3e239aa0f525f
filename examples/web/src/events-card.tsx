import { useQuery } from '@apollo/client/react';
import { eventSentence } from './event-sentences.ts';
import { deviceName, formatMoment } from './format.ts';
import { SecurityEventsDocument } from './operations.ts';
import { Card, LoadingProblem } from './parts.tsx';

const PAGE = 6;

/** What has happened to the account. */
export function EventsCard() {
  const { data, error, refetch, fetchMore } = useQuery(SecurityEventsDocument, {
    variables: { first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  const list = data?.securityEvents ?? null;
  const showOlder = async (): Promise<void> => {
    await fetchMore({
      variables: { after: list?.pageInfo.endCursor ?? null },
      updateQuery: (before, { fetchMoreResult: { securityEvents: more } }) =>
        more == null
          ? before
          : { securityEvents: { ...more, edges: [...(before.securityEvents?.edges ?? []), ...more.edges] } },
    }).catch(() => undefined);
  };

  return (
    <Card
      title="Security events"
      action={
        <button type="button" className="quiet" onClick={() => void refetch()}>
          Reload <span className="unseen">the security events</span>
        </button>
      }
    >
      {error !== undefined && list === null && <LoadingProblem error={error} onRetry={refetch} />}
      <ol className="rows" aria-label="Security events">
        {list?.edges.map(({ node }) => (
          <li key={node.id} className="row">
            <div className="row-text">
              <p className="row-title">{eventSentence(node.type, node.cause ?? null)}</p>
              <p className="row-note">
                <time dateTime={node.createdAt}>{formatMoment(node.createdAt)}</time> · {deviceName(node.userAgent)}
              </p>
            </div>
          </li>
        ))}
      </ol>
      {list?.pageInfo.hasNextPage === true && (
        <button type="button" className="quiet" onClick={() => void showOlder()}>
          Show older ones
        </button>
      )}
    </Card>
  );
}
