import { array, assert, constant, constantFrom, nat, oneof, property, record, type Arbitrary } from 'fast-check';
import type { ClientSession } from '../src/storage.ts';
import { type ClientChange, type ClientState, INITIAL_STATE, transition, type Transition } from '../src/transition.ts';

const ada = { id: 'ada', email: 'ada@example.com', roles: [] };

function pair(sessionId: string, count: number, more: Partial<ClientSession> = {}): ClientSession {
  return {
    version: 1,
    sessionId,
    count,
    user: ada,
    accessToken: `access-${sessionId}-${count}`,
    refreshToken: null,
    csrfToken: null,
    idempotencyKey: `key-${sessionId}-${count}`,
    receivedAt: 0,
    accessLifetime: 900_000,
    refreshLifetime: 604_800_000,
    ...more,
  };
}

/** Applies changes in turn, and returns the last transition. */
function after(...changes: readonly ClientChange[]): Transition {
  return changes.reduce<Transition>(({ state }, change) => transition(state, change), { state: INITIAL_STATE });
}

const started: ClientChange = { type: 'STARTED' };
const received = (session: ClientSession): ClientChange => ({ type: 'PAIR_RECEIVED', session });
const found = (session: ClientSession): ClientChange => ({ type: 'PAIR_FOUND', session });

test('the start reports whether somebody is logged in', () => {
  expect(after(started).state.auth).toMatchObject({ status: 'LOGGED_OUT', reason: null });
  expect(after(found(pair('s', 0)), started)).toMatchObject({
    state: { auth: { status: 'LOGGED_IN', user: ada, sessionId: 's' } },
    notify: { type: 'STARTED' },
  });
});

test('a pair that is found before the start changes nothing that the app sees', () => {
  const { state, ...effects } = after(found(pair('s', 0)));
  expect(state.auth.status).toBe('STARTING');
  expect(effects).toEqual({});
});

test('a login is told to the other tabs, stored and reported', () => {
  const session = pair('s', 0);
  expect(after(started, received(session))).toMatchObject({
    tellTabs: { type: 'PAIR', session },
    store: session,
    notify: { type: 'LOGGED_IN', isElsewhere: false },
  });
});

test('a login in another tab is reported and nothing else', () => {
  const { state: _state, ...effects } = after(started, found(pair('s', 0)));
  expect(effects).toEqual({ notify: { type: 'LOGGED_IN', isElsewhere: true } });
});

test('a newer pair of the same session is a refresh and keeps the state object', () => {
  const before = after(started, received(pair('s', 0)));
  const refreshed = transition(before.state, received(pair('s', 1)));
  expect(refreshed.notify).toEqual({ type: 'REFRESHED', isElsewhere: false });
  expect(refreshed.state.auth).toBe(before.state.auth);
});

test('an older pair of the same session is ignored', () => {
  const before = after(started, received(pair('s', 3)));
  expect(transition(before.state, received(pair('s', 2)))).toEqual({ state: before.state });
});

test('of one pair known twice, the access token in memory and the stored key are kept', () => {
  const stored = pair('s', 1, { accessToken: null, idempotencyKey: 'stored' });
  const { state } = after(started, received(pair('s', 1)), found(stored));
  expect(state.session).toMatchObject({ accessToken: 'access-s-1', idempotencyKey: 'stored' });
});

test('a logout is told to the other tabs, stored and reported', () => {
  const pendingLogout = { version: 1, logoutScope: 'SESSION', csrfToken: 'token' } as const;
  const ended: ClientChange = { type: 'SESSION_ENDED', reason: 'LOGGED_OUT', pendingLogout };
  const { state, ...effects } = after(started, received(pair('s', 0)), ended);
  expect(state).toMatchObject({ session: null, auth: { status: 'LOGGED_OUT', reason: 'LOGGED_OUT' } });
  expect(effects).toEqual({
    tellTabs: { type: 'LOGOUT', sessionId: 's', reason: 'LOGGED_OUT' },
    store: pendingLogout,
    notify: { type: 'LOGGED_OUT', reason: 'LOGGED_OUT', isElsewhere: false },
  });
});

test('the end of a session in another tab is reported and nothing else', () => {
  const ended: ClientChange = { type: 'SESSION_ENDED_ELSEWHERE', reason: 'SESSION_TAKEN' };
  const { state: _state, ...effects } = after(started, received(pair('s', 0)), ended);
  expect(effects).toEqual({ notify: { type: 'LOGGED_OUT', reason: 'SESSION_TAKEN', isElsewhere: true } });
});

test('no sequence of changes shows a state that contradicts the session, or goes back to an older pair', () => {
  const sessions = record({ id: constantFrom('a', 'b'), count: nat(3) }).map(({ id, count }) => pair(id, count));
  const changes: Arbitrary<ClientChange> = oneof(
    constant(started),
    sessions.map(received),
    sessions.map(found),
    constant<ClientChange>({ type: 'CSRF_TOKEN_CHANGED', csrfToken: 'token' }),
    constant<ClientChange>({ type: 'SESSION_ENDED', reason: 'LOGGED_OUT', pendingLogout: null }),
    constant<ClientChange>({ type: 'SESSION_ENDED_ELSEWHERE', reason: 'SESSION_ENDED' }),
  );
  assert(
    property(array(changes, { maxLength: 20 }), (sequence) => {
      let state: ClientState = INITIAL_STATE;
      for (const change of sequence) {
        const next = transition(state, change);
        expect(contradictionsOf(state, next)).toEqual([]);
        state = next.state;
      }
    }),
  );
});

/** What is wrong with a transition. */
function contradictionsOf(
  { session: before, auth: shownBefore }: ClientState,
  { state, notify }: Transition,
): string[] {
  const { session, auth } = state;
  const isStarting = auth.status === 'STARTING';
  const isOlder = before !== null && session?.sessionId === before.sessionId && session.count < before.count;
  const checks: [isWrong: boolean, text: string][] = [
    [!isStarting && (auth.status === 'LOGGED_IN') !== (session !== null), 'the status contradicts the session'],
    [!isStarting && auth.sessionId !== (session?.sessionId ?? null), 'the app sees another session'],
    [isOlder, 'an older pair replaced a newer one'],
    [auth !== shownBefore && notify === undefined, 'a change of what the app sees is not reported'],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, text]) => text);
}
