import { type PairLike, REFRESH } from './documents.ts';
import { authErrorOf, AuthRequestError, AuthUnavailableError } from './errors.ts';
import { withLock } from './lock.ts';
import { randomKey } from './random-key.ts';
import type { ClientServices } from './services.ts';
import { heldPairId } from './session-store.ts';
import { type ClientSession, pairIdOf } from './storage.ts';
import type { LogoutReason } from './tabs.ts';
import { ask, type Credentials, type GraphQLAnswer } from './transport.ts';

export interface RefreshServices extends ClientServices {
  /** Whether the held pair needs no refresh. */
  readonly isPairUsable: () => boolean;
  readonly credentials: () => Credentials;
  readonly renewCsrfToken: () => Promise<void>;
  readonly logOut: (reason: LogoutReason) => Promise<void>;
}

const MOST_FAILURES = 3;
const FIRST_PAUSE = 150;
/** Milliseconds to wait for a tab that has the access token in memory. */
const TAB_TIMEOUT = 300;

/**
 * Exchanges a pair for a newer one, unless another tab has done so meanwhile. If the server says that the session has ended,
 * it ends here.
 *
 * @throws AuthUnavailableError if no answer arrives. The session goes on.
 */
export async function refresh(services: RefreshServices, pairId: string): Promise<void> {
  const { session } = services.store;
  // A pair is not stale just because its access token is missing: another tab may send it while this one waits.
  const stalePairId = session !== null && isTokenInOtherTab(services, session) ? null : pairId;
  return withLock(services, () => refreshAlone(services, stalePairId));
}

/** What has been tried under one lock. */
interface Attempts {
  failures: number;
  isCsrfTokenNew: boolean;
  isAnswerOld: boolean;
  /** Milliseconds spent waiting for a newer pair. Sleep of the machine is not among them: no tab can store one meanwhile. */
  waited: number;
}

async function refreshAlone(services: RefreshServices, givenPairId: string | null): Promise<void> {
  const { store, clock } = services;
  let stalePairId = givenPairId;
  const attempts: Attempts = { failures: 0, isCsrfTokenNew: false, isAnswerOld: false, waited: 0 };
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    const session = await store.reload();
    if (session === null || services.transport.closing.aborted) return;
    if (pairIdOf(session) !== stalePairId && (await isDoneByOtherTab(services))) return;
    // A logout or another pair arrived while the tabs were asked.
    if (heldPairId(store) !== pairIdOf(session)) continue;

    const askedAt = clock.now();
    const answer = await exchange(services, session).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      attempts.failures += 1;
      if (attempts.failures === MOST_FAILURES || !isWorthRetrying(services, answer)) throw answer;
      await sleep(pause);
      continue;
    }
    // The session ended, here or in another tab, while the request was under way.
    if ((await store.reload())?.sessionId !== session.sessionId) return;
    const pair = answer.data?.pair;
    if (pair == null) {
      if (await handleRefusal(services, session, answer, attempts, pause)) return;
      continue;
    }
    const refreshed = sessionFrom(pair, session.count + 1, askedAt);
    await store.accept(refreshed);
    // Without Web Locks, another tab may have stored a newer pair meanwhile, whose access token this one lacks.
    if (heldPairId(store) !== pairIdOf(refreshed)) continue;
    if (refreshed.accessLifetime > 0 || attempts.isAnswerOld) return;
    // The server repeated the answer to an exchange of long ago, and its access token has expired since.
    attempts.isAnswerOld = true;
    stalePairId = pairIdOf(refreshed);
  }
}

/**
 * Handles a refusal. If the session has ended on the server, it ends here.
 *
 * @returns whether the refresh is over. If not, it is tried once more.
 */
async function handleRefusal(
  services: RefreshServices,
  session: ClientSession,
  answer: GraphQLAnswer<unknown>,
  attempts: Attempts,
  pause: number,
): Promise<boolean> {
  const { store } = services;
  const details = authErrorOf(answer);
  if (details?.code === 'CSRF_REJECTED' && !attempts.isCsrfTokenNew) {
    attempts.isCsrfTokenNew = true;
    await services.renewCsrfToken();
    return false;
  }
  if (details?.code !== 'INVALID_REFRESH_TOKEN') throw new AuthRequestError(answer.errors ?? []);
  if (heldPairId(store) !== pairIdOf(session)) return false;
  if (details.reason === 'TOKEN_ROTATED') {
    if (await mayHaveNewerPair(services, session, attempts, pause)) return false;
    await services.logOut('SESSION_TAKEN');
    return true;
  }
  await store.end(details.reason === 'TOKEN_REUSED' ? 'SESSION_TAKEN' : 'SESSION_ENDED', null);
  return true;
}

async function exchange(services: RefreshServices, session: ClientSession) {
  const { idempotencyKey, refreshToken } = session;
  return ask<{ pair: PairLike | null }>(
    services.transport,
    REFRESH,
    { input: { idempotencyKey, ...(refreshToken === null ? {} : { refreshToken }) } },
    withoutBearer(services.credentials()),
  );
}

/** A refresh needs no access token, and the server may refuse the one at hand. */
function withoutBearer({ headers, mode }: Credentials): Pick<Credentials, 'headers' | 'mode'> {
  const { authorization: _authorization, ...others } = headers;
  return { headers: others, mode };
}

async function isDoneByOtherTab(services: RefreshServices): Promise<boolean> {
  const { store, isPairUsable } = services;
  if (store.session !== null && isTokenInOtherTab(services, store.session)) await store.askTabs(TAB_TIMEOUT);
  return isPairUsable();
}

/** Whether only another tab can have the access token. */
function isTokenInOtherTab({ delivery }: RefreshServices, session: ClientSession): boolean {
  return delivery === 'REFRESH_COOKIE' && session.accessToken === null;
}

/** Whether an error may pass within a second, as a short interruption of the network does. */
function isWorthRetrying({ transport }: RefreshServices, error: Error): boolean {
  return error instanceof AuthUnavailableError && !transport.closing.aborted;
}

/**
 * Waits for the newer pair after TOKEN_ROTATED. Another tab of this browser stores it within a moment. A cookie is replaced
 * where no script sees it, so there the refresh is simply tried again.
 */
async function mayHaveNewerPair(
  { store, delivery, reuseLeeway, transport }: RefreshServices,
  session: ClientSession,
  attempts: Attempts,
  firstPause: number,
): Promise<boolean> {
  for (let next = firstPause; attempts.waited < reuseLeeway; next *= 2) {
    const pause = Math.min(next, reuseLeeway - attempts.waited);
    await sleep(pause);
    attempts.waited += pause;
    await store.reload();
    if (delivery !== 'BODY' || heldPairId(store) !== pairIdOf(session) || transport.closing.aborted) return true;
  }
  return false;
}

/** Makes the session that is stored of a pair. */
export function sessionFrom(pair: PairLike, count: number, askedAt: number): ClientSession {
  const serverTime = Date.parse(pair.accessTokenExpiresAt) - pair.accessTokenExpiresIn * 1000;
  return {
    version: 1,
    sessionId: pair.session.id,
    count,
    user: pair.user,
    accessToken: pair.accessToken ?? null,
    refreshToken: pair.refreshToken ?? null,
    csrfToken: pair.csrfToken ?? null,
    idempotencyKey: randomKey(),
    receivedAt: askedAt,
    accessLifetime: pair.accessTokenExpiresIn * 1000,
    refreshLifetime: Date.parse(pair.refreshTokenExpiresAt) - serverTime,
  };
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
