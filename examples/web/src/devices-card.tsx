import { useMutation, useQuery } from '@apollo/client/react';
import { useRef } from 'react';
import { deviceName, formatMoment } from './format.ts';
import { useNotify } from './notices.tsx';
import { EndSessionDocument, SessionsDocument, type SessionsQuery } from './gql/graphql.ts';
import { Card, LoadingProblem, Problem } from './parts.tsx';
import { sentenceFor } from './sentences.ts';
import { useAction } from './use-action.ts';
import { useWiring } from './use-wiring.ts';

type Device = NonNullable<SessionsQuery['sessions']>[number];

/** The sessions of the user, and the buttons that end them. */
export function DevicesCard() {
  const { auth, apollo } = useWiring();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(SessionsDocument, { fetchPolicy: 'cache-and-network' });
  const [endSession] = useMutation(EndSessionDocument);
  const reload = useAction(async () => refetch());
  const list = useRef<HTMLUListElement>(null);
  const end = useAction(async (device: Device) => {
    if (device.isCurrent) return void (await auth.logout());
    await endSession({ variables: { input: { id: device.id } } });
    notify(`${deviceName(device.userAgent)} is logged out.`);
    // The focused button disappears with its row.
    list.current?.focus();
    await apollo.refetchQueries({ include: 'active' });
  });
  const logout = useAction(async (scope: 'SESSION' | 'OTHER_SESSIONS' | 'ALL_SESSIONS') => {
    const result = await auth.logout({ scope });
    if (scope !== 'OTHER_SESSIONS') return;
    notify(othersEnded(result?.endedSessions ?? 0));
    await apollo.refetchQueries({ include: 'active' });
  });
  const devices = data?.sessions ?? [];
  const failure = end.error ?? logout.error;
  const isBusy = end.isRunning || logout.isRunning;

  return (
    <Card
      title="My devices"
      action={
        <button type="button" className="quiet" onClick={() => void reload.run()}>
          Reload <span className="unseen">the list of devices</span>
        </button>
      }
    >
      <LoadingProblem error={error ?? reload.error} onRetry={reload.run} />
      <ul className="rows" aria-label="Devices" ref={list} tabIndex={-1}>
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} isBusy={isBusy} onEnd={() => void end.run(device)} />
        ))}
      </ul>
      <Problem>{failure === null ? null : sentenceFor(failure)}</Problem>
      <div className="buttons" role="group" aria-label="Log out">
        <button type="button" aria-disabled={isBusy} onClick={() => void logout.run('SESSION')}>
          Log out here
        </button>
        <button type="button" aria-disabled={isBusy} onClick={() => void logout.run('OTHER_SESSIONS')}>
          Log out elsewhere
        </button>
        <button type="button" className="danger" aria-disabled={isBusy} onClick={() => void logout.run('ALL_SESSIONS')}>
          Log out everywhere
        </button>
      </div>
    </Card>
  );
}

function othersEnded(count: number): string {
  if (count === 0) return 'You were logged in nowhere else.';
  return count === 1 ? 'One other device is logged out.' : `${count} other devices are logged out.`;
}

interface DeviceRowProps {
  readonly device: Device;
  readonly isBusy: boolean;
  readonly onEnd: () => void;
}

function DeviceRow({ device, isBusy, onEnd }: DeviceRowProps) {
  const name = deviceName(device.userAgent);
  return (
    <li className="row" aria-current={device.isCurrent ? 'true' : undefined}>
      <div className="row-text">
        <p className="row-title">
          {name}
          {device.isCurrent && <span className="badge">This device</span>}
        </p>
        <p className="row-note">
          {device.ipAddress ?? 'Unknown address'} · last used {formatMoment(device.lastUsedAt)}
        </p>
      </div>
      <button type="button" className="quiet" aria-disabled={isBusy} onClick={onEnd}>
        End
        <span className="unseen">
          {' '}
          {name}
          {device.isCurrent ? ', this device' : ''}, logged in {formatMoment(device.createdAt)}
        </span>
      </button>
    </li>
  );
}
