import { useQuery } from '@apollo/client/react';
import { eventSentence } from './event-sentences.ts';
import { deviceName, formatMoment } from './format.ts';
import { SecurityEventsDocument } from './gql/graphql.ts';
import { Card, LoadingProblem } from './parts.tsx';
import { useAction } from './use-action.ts';

const PAGE = 6;

/** The security events of the account. */
export function EventsCard() {
  const { data, error, refetch, fetchMore } = useQuery(SecurityEventsDocument, {
    variables: { first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  const list = data?.securityEvents ?? null;
  const reload = useAction(async () => refetch());
  const showOlder = useAction(async () =>
    fetchMore({
      variables: { after: list?.pageInfo.endCursor ?? null },
      updateQuery: (before, { fetchMoreResult: { securityEvents: more } }) =>
        more === null
          ? before
          : { securityEvents: { ...more, edges: [...(before.securityEvents?.edges ?? []), ...more.edges] } },
    }),
  );
  const failure = error ?? reload.error ?? showOlder.error;

  return (
    <Card
      title="Security events"
      action={
        <button type="button" className="quiet" onClick={() => void reload.run()}>
          Reload <span className="unseen">the security events</span>
        </button>
      }
    >
      <LoadingProblem error={failure} onRetry={reload.run} />
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
        <button type="button" className="quiet" onClick={() => void showOlder.run()}>
          Show older ones
        </button>
      )}
    </Card>
  );
}
