import { hash, timingSafeEqual } from 'node:crypto';
import type { TokenDelivery } from '../delivery.ts';
import type { Device } from '../device.ts';
import { BadUserInputError, InvalidRefreshTokenError, ServiceUnavailableError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { InputRefusalReason, type TokenRefusalReason } from '../reasons.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import type { RefreshClaims } from '../tokens/claims.ts';
import type { Subject } from '../users/subject.ts';
import { requireDelivery } from './delivery-refused.ts';
import { issueTokens, planRefreshToken, type TokenPair } from './issue-tokens.ts';
import { answerRefusal, isOver, judgeRefreshToken } from './judge-refresh-token.ts';
import { limitRefusals } from './limit-refusals.ts';
import type { SessionServices } from './services.ts';
import { rotateSession } from './rotate-session.ts';
import type { Rotation } from './rotation-statements.ts';
import { findSession, findSessionOfUser } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** What a client sends to refresh. */
export interface RefreshRequest {
  readonly refreshToken: string | null;
  /** 22 to 128 base64url characters, random for each refresh. A retry sends the same key again. */
  readonly idempotencyKey: string | null;
  /** How this request can receive tokens. */
  readonly deliveries: readonly TokenDelivery[];
}

/**
 * Exchanges a refresh token for a new pair. Each token is good for one exchange. If several requests present the same
 * token at once, the database lets one of them win.
 *
 * @throws InvalidRefreshTokenError with the reason.
 * @throws RateLimitedError, in its place, if the client has got too many refusals.
 * @throws BadUserInputError if the idempotency key is malformed.
 * @throws DeliveryRefusedError if the request cannot receive the session's tokens.
 */
export async function refresh(services: SessionServices, request: RefreshRequest, device: Device): Promise<TokenPair> {
  const retryKeyHash = hashRetryKey(request.idempotencyKey);
  if (request.refreshToken === null || request.refreshToken === '') throw new InvalidRefreshTokenError('TOKEN_MISSING');
  const reading = services.codec.readRefresh(request.refreshToken);
  if (reading.status === 'invalid') return refuse(services, 'TOKEN_INVALID', device);

  if (reading.status === 'live') {
    const pair = await exchange(services, reading.claims, retryKeyHash, request);
    if (pair !== null) return pair;
  }
  const judgement = await judgeRefreshToken(services, reading.claims);
  if (isRetry(services, reading.claims, judgement.session, retryKeyHash))
    return answerAgain(services, judgement.session, request, device);
  // An expired token is useless, so presenting it is no sign of theft.
  if (reading.status === 'expired') return refuse(services, 'TOKEN_EXPIRED', device);
  // A concurrent change was rolled back between the exchange and the judgement.
  if (judgement.verdict === 'CURRENT') throw new ServiceUnavailableError();
  await answerRefusal(services, reading.claims, judgement, device);
  throw new InvalidRefreshTokenError(judgement.verdict);
}

async function refuse(services: SessionServices, reason: TokenRefusalReason, device: Device): Promise<never> {
  await limitRefusals(services, device);
  throw new InvalidRefreshTokenError(reason);
}

/**
 * Makes the pair first. One UPDATE then decides whether it counts, so a failure to sign costs nothing.
 *
 * @returns null if the token is not the current one of a live session.
 */
async function exchange(
  services: SessionServices,
  presented: RefreshClaims,
  retryKeyHash: string | null,
  request: RefreshRequest,
): Promise<TokenPair | null> {
  return retryIfChanged(async (): Promise<TokenPair | null | typeof CHANGED> => {
    const found = await services.database.read((em) => findSessionOfUser(em, presented.sid));
    if (found === null) return null;
    const { session, user } = found;
    if (session.refreshJti !== presented.jti || session.user !== presented.sub || session.endedAt !== null) return null;
    if (isOver(services, session)) return null;
    requireDelivery(session.delivery, request.deliveries);
    const next = planRotation(services, session, retryKeyHash);
    const subject = await services.subjects.fromRow(user);
    if (subject === null) return null;
    const pair = await issueTokens(services, { ...session, ...next }, subject);
    const { leeway, blacklistAfterRotation } = services.settings;
    const rules = { now: services.clock.now(), leeway, blacklistAfterRotation };
    const isFirst = await services.database.statement((em) => rotateSession(em, session, next, subject, rules));
    return isFirst ? pair : CHANGED;
  });
}

function planRotation(services: SessionServices, session: Session, retryKeyHash: string | null): Rotation {
  // Never earlier than the previous rotation, or a clock that was stepped back would make old tokens look young.
  const rotatedAt = Math.max(services.clock.now(), session.refreshIssuedAt.getTime());
  return {
    ...planRefreshToken(services, rotatedAt, session.expiresAt),
    previousRefreshJti: session.refreshJti,
    retryKeyHash,
  };
}

/** Whether the client repeats the last rotation, with that rotation's key and with its answer still unused. */
function isRetry(
  services: SessionServices,
  presented: RefreshClaims,
  session: Session | null,
  retryKeyHash: string | null,
): session is Session {
  if (session === null || session.endedAt !== null || session.previousRefreshJti !== presented.jti) return false;
  if (session.refreshExpiresAt.getTime() <= services.clock.now() - services.settings.leeway) return false;
  if (session.retryKeyHash === null || retryKeyHash === null) return false;
  return timingSafeEqual(Buffer.from(session.retryKeyHash), Buffer.from(retryKeyHash));
}

/** So many retries of a session are put on record. Others get their answer too. */
const RECORDED_RETRIES = { checks: 10, window: 3_600_000 };

/** Signs the last pair again. It goes out only if the session and the user's roles are unchanged after signing. */
async function answerAgain(
  services: SessionServices,
  session: Session,
  request: RefreshRequest,
  device: Device,
): Promise<TokenPair> {
  requireDelivery(session.delivery, request.deliveries);
  const event = { type: 'REFRESH_RETRIED' as const, userId: session.user, sessionId: session.id };
  return retryIfChanged(async (): Promise<TokenPair | typeof CHANGED> => {
    const subject = await findSubjectOfLiveSession(services, session);
    if (subject === null) throw new InvalidRefreshTokenError('TOKEN_REVOKED');
    const pair = await issueTokens(services, session, subject);
    const after = await findSubjectOfLiveSession(services, session);
    if (after?.tokenVersion !== subject.tokenVersion) return CHANGED;
    if (await services.limiter.tryTake('retry', session.id, RECORDED_RETRIES))
      await services.database.transaction((em) => record(em, [event], device, services.clock.now()));
    return pair;
  });
}

/** The user of a session; null if the session has ended. It is read after the user, whose reading may end it. */
async function findSubjectOfLiveSession(
  { database, subjects }: SessionServices,
  { id, user }: Session,
): Promise<Subject | null> {
  const subject = await subjects.find(user);
  const session = await database.read((em) => findSession(em, id));
  return session === null || session.endedAt !== null ? null : subject;
}

const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{22,128}$/;

function hashRetryKey(key: string | null): string | null {
  if (key === null) return null;
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new BadUserInputError([{ path: 'input.idempotencyKey', reason: InputRefusalReason.IDEMPOTENCY_KEY_INVALID }]);
  }
  return hash('sha256', key, 'hex');
}
