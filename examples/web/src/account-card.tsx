import { useQuery } from '@apollo/client/react';
import { ConfirmEmail } from './confirm-email.tsx';
import { formatMoment } from './format.ts';
import { MeDocument } from './gql/graphql.ts';
import { Card, LoadingProblem } from './parts.tsx';
import { useAction } from './use-action.ts';

/** Shows who is logged in. */
export function AccountCard() {
  const { data, error, refetch } = useQuery(MeDocument);
  const reload = useAction(async () => refetch());
  const me = data?.me ?? null;
  return (
    <Card title="Who am I">
      <LoadingProblem error={error ?? reload.error} onRetry={reload.run} />
      {me !== null && (
        <dl className="facts">
          <div>
            <dt>E-mail</dt>
            <dd>{me.email}</dd>
          </div>
          <div>
            <dt>Roles</dt>
            <dd>{me.roles.length === 0 ? 'None' : me.roles.join(', ')}</dd>
          </div>
          <div>
            <dt>Member since</dt>
            <dd>{formatMoment(me.createdAt)}</dd>
          </div>
          <div>
            <dt>Last login</dt>
            <dd>{me.lastLoginAt == null ? 'Never' : formatMoment(me.lastLoginAt)}</dd>
          </div>
        </dl>
      )}
      {me !== null && !me.isEmailVerified && <ConfirmEmail email={me.email} />}
    </Card>
  );
}
