import { type Mark, markOf, passedSince } from './clock.ts';
import { type PairLike, REFRESH } from './documents.ts';
import { AuthRequestError, AuthUnavailableError, authErrorOf } from './errors.ts';
import { inTurn } from './lock.ts';
import type { Parts } from './options.ts';
import { randomKey } from './random-key.ts';
import { heldPairId } from './session-keeper.ts';
import { type HeldSession, pairIdOf } from './storage.ts';
import type { LogoutReason } from './tabs.ts';
import { ask, type Credentials, type GraphQLAnswer } from './transport.ts';

export interface RefreshParts extends Parts {
  /** Whether the pair that is held needs no refresh. */
  readonly isGood: () => boolean;
  readonly credentials: () => Credentials;
  readonly renewCsrfToken: () => Promise<void>;
  /** Logs out with what is held. */
  readonly leave: (reason: LogoutReason) => Promise<void>;
}

const MOST_FAILURES = 3;
const FIRST_PAUSE = 150;
/** Milliseconds for which the tabs are asked for an access token that is in their memory alone. */
const TAB_PATIENCE = 300;

/**
 * Exchanges a pair for a newer one, unless another tab has done so meanwhile. Where the session turns out to have ended,
 * it is ended here.
 *
 * @throws AuthUnavailableError if no answer could be had. The session goes on.
 */
export async function refresh(parts: RefreshParts, pairId: string): Promise<void> {
  const { held } = parts.keeper;
  // A pair whose access token is missing here is not stale: another tab may hand it over while this one waits its turn.
  const stalePairId = held !== null && isInMemoryOnly(parts, held) ? null : pairId;
  return inTurn(parts, () => refreshInTurn(parts, stalePairId));
}

/** What has been tried in one turn. */
interface Attempts {
  failures: number;
  isCsrfTokenNew: boolean;
  isAnswerOld: boolean;
  /** When the pair was first said to be exchanged by somebody else. */
  rotatedAt: Mark | null;
}

async function refreshInTurn(parts: RefreshParts, givenPairId: string | null): Promise<void> {
  const { keeper, clock } = parts;
  let stalePairId = givenPairId;
  const attempts: Attempts = { failures: 0, isCsrfTokenNew: false, isAnswerOld: false, rotatedAt: null };
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    const held = await keeper.reread();
    if (held === null || parts.transport.closing.aborted) return;
    if (pairIdOf(held) !== stalePairId && (await isDoneElsewhere(parts))) return;
    // A logout or another pair was heard of while the tabs were asked.
    if (heldPairId(keeper) !== pairIdOf(held)) continue;

    const askedAt = clock.now();
    const answer = await exchange(parts, held).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      attempts.failures += 1;
      if (attempts.failures === MOST_FAILURES || !isPassing(parts, answer)) throw answer;
      await sleep(pause);
      continue;
    }
    // A logout, here or in another tab, has crossed it.
    if ((await keeper.reread())?.sessionId !== held.sessionId) return;
    const pair = answer.data?.pair;
    if (pair == null) {
      if (await isOver(parts, held, answer, attempts, pause)) return;
      continue;
    }
    const session = sessionFrom(pair, held.count + 1, askedAt);
    await keeper.adopt(session);
    if (session.accessLifetime > 0 || attempts.isAnswerOld) return;
    // It is the answer to an exchange of long ago, which was lost, and its access token has expired since.
    attempts.isAnswerOld = true;
    stalePairId = pairIdOf(session);
  }
}

/** Looks at a refusal: whether nothing more is to be tried, or once more. Where the session has ended, it is ended here. */
async function isOver(
  parts: RefreshParts,
  held: HeldSession,
  answer: GraphQLAnswer<unknown>,
  attempts: Attempts,
  pause: number,
): Promise<boolean> {
  const { keeper, clock } = parts;
  const details = authErrorOf(answer);
  if (details?.code === 'CSRF_REJECTED' && !attempts.isCsrfTokenNew) {
    attempts.isCsrfTokenNew = true;
    await parts.renewCsrfToken();
    return false;
  }
  if (details?.code !== 'INVALID_REFRESH_TOKEN') throw new AuthRequestError(answer.errors ?? []);
  if (heldPairId(keeper) !== pairIdOf(held)) return false;
  if (details.reason === 'TOKEN_ROTATED') {
    attempts.rotatedAt ??= markOf(clock);
    if (await isNewerFound(parts, held, attempts.rotatedAt, pause)) return false;
    await parts.leave('SESSION_TAKEN');
    return true;
  }
  await keeper.end(details.reason === 'TOKEN_REUSED' ? 'SESSION_TAKEN' : 'SESSION_ENDED', null);
  return true;
}

async function exchange(parts: RefreshParts, held: HeldSession) {
  const { idempotencyKey, refreshToken } = held;
  return ask<{ pair: PairLike | null }>(
    parts.transport,
    REFRESH,
    { input: { idempotencyKey, ...(refreshToken === null ? {} : { refreshToken }) } },
    withoutBearer(parts.credentials()),
  );
}

/** An access token that is refused is no help, and a refresh token goes where it is asked for. */
function withoutBearer({ headers, mode }: Credentials): Pick<Credentials, 'headers' | 'mode'> {
  const { authorization: _authorization, ...others } = headers;
  return { headers: others, mode };
}

async function isDoneElsewhere(parts: RefreshParts): Promise<boolean> {
  const { keeper, isGood } = parts;
  if (keeper.held !== null && isInMemoryOnly(parts, keeper.held)) await keeper.askTabs(TAB_PATIENCE);
  return isGood();
}

/** Whether only another tab can have the access token. */
function isInMemoryOnly({ delivery }: RefreshParts, held: HeldSession): boolean {
  return delivery === 'REFRESH_COOKIE' && held.accessToken === null;
}

/** A network that is away for a second is not worth an error. A server that wants to be left alone is. */
function isPassing(parts: RefreshParts, error: Error): boolean {
  return error instanceof AuthUnavailableError && error.retryAfterSeconds === null && !parts.transport.closing.aborted;
}

/**
 * The pair was exchanged by somebody else. A tab of this browser will have written the newer one down in a moment. A
 * cookie is replaced where nobody sees it, so there it is tried again.
 */
async function isNewerFound(
  { keeper, clock, delivery, reuseLeeway, transport }: RefreshParts,
  held: HeldSession,
  rotatedAt: Mark,
  firstPause: number,
): Promise<boolean> {
  for (let pause = firstPause; passedSince(clock, rotatedAt) <= reuseLeeway; pause *= 2) {
    await sleep(Math.min(pause, reuseLeeway));
    await keeper.reread();
    if (delivery !== 'BODY' || heldPairId(keeper) !== pairIdOf(held) || transport.closing.aborted) return true;
  }
  return false;
}

/** What is kept of a pair. */
export function sessionFrom(pair: PairLike, count: number, askedAt: number): HeldSession {
  const serverTime = Date.parse(pair.accessTokenExpiresAt) - pair.accessTokenExpiresIn * 1000;
  return {
    version: 1,
    sessionId: pair.session.id,
    count,
    user: { id: pair.user.id, email: pair.user.email, roles: pair.user.roles },
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
