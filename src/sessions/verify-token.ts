import type { Device } from '../device.ts';
import { TokenRefusalReason } from '../reasons.ts';
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts';
import type { TokenReading } from '../tokens/token-codec.ts';
import { answerRefusal, judgeRefreshToken } from './judge-refresh-token.ts';
import { limitRefusals } from './limit-refusals.ts';
import type { SessionServices } from './services.ts';

/** Whether a token is valid at this moment. */
export interface TokenVerification {
  readonly isValid: boolean;
  /** Why not; null if it is valid. */
  readonly reason: TokenRefusalReason | null;
  /** The claims, whenever the signature is ours; null if it is not. */
  readonly claims: AccessClaims | RefreshClaims | null;
}

/**
 * Judges a token of either kind. Passing a superseded refresh token counts as presenting it.
 *
 * @throws RateLimitedError if the client has passed too many bad tokens.
 */
export async function verifyToken(
  services: SessionServices,
  token: string,
  device: Device,
): Promise<TokenVerification> {
  if (token === '') return { isValid: false, reason: 'TOKEN_MISSING', claims: null };
  const reading = services.codec.read(token);
  const claims = reading.status === 'invalid' ? null : reading.claims;
  if (reading.status === 'live' && reading.claims.token_type === 'refresh')
    return verifyRefresh(services, reading.claims, device);
  const reason = reasonOf(services, reading);
  if (reason !== null) await limitRefusals(services, device);
  return { isValid: reason === null, reason, claims };
}

function reasonOf({ mirror }: SessionServices, reading: TokenReading<AccessClaims | RefreshClaims>) {
  if (reading.status === 'expired') return TokenRefusalReason.TOKEN_EXPIRED;
  if (reading.status !== 'live') return TokenRefusalReason.TOKEN_INVALID;
  const { sid, sub } = reading.claims;
  const isRevoked = mirror.isEnded(sid) || ('ver' in reading.claims && mirror.isOutdated(sub, reading.claims.ver));
  return isRevoked ? TokenRefusalReason.TOKEN_REVOKED : null;
}

async function verifyRefresh(
  services: SessionServices,
  claims: RefreshClaims,
  device: Device,
): Promise<TokenVerification> {
  const judgement = await judgeRefreshToken(services, claims);
  const { verdict } = judgement;
  if (verdict === 'CURRENT') return { isValid: true, reason: null, claims };
  await answerRefusal(services, claims, judgement, device);
  return { isValid: false, reason: verdict, claims };
}
