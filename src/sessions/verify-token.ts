import type { Device } from '../device.ts';
import { TokenRefusalReason } from '../reasons.ts';
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts';
import { answerMisuse, judgeRefreshToken } from './judge-refresh-token.ts';
import type { SessionServices } from './services.ts';

/** Whether a token is valid at this moment. */
export interface TokenVerification {
  readonly isValid: boolean;
  /** Why not; null if it is valid. */
  readonly reason: TokenRefusalReason | null;
  /** The claims, whenever the signature is ours; null if it is not. */
  readonly claims: AccessClaims | RefreshClaims | null;
}

/** Judges a token of either kind. Passing a superseded refresh token counts as presenting it. */
export async function verifyToken(
  services: SessionServices,
  token: string,
  device: Device,
): Promise<TokenVerification> {
  if (token === '') return { isValid: false, reason: 'TOKEN_MISSING', claims: null };
  const reading = services.codec.read(token);
  if (reading.status === 'invalid') return { isValid: false, reason: 'TOKEN_INVALID', claims: null };
  const { status, claims } = reading;
  if (status !== 'live')
    return { isValid: false, reason: status === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', claims };
  const reason =
    claims.token_type === 'access' ? judgeAccess(services, claims) : await judgeRefresh(services, claims, device);
  return { isValid: reason === null, reason, claims };
}

function judgeAccess(services: SessionServices, claims: AccessClaims): TokenRefusalReason | null {
  const isRevoked = services.mirror.isEnded(claims.sid) || services.mirror.isOutdated(claims.sub, claims.ver);
  return isRevoked ? TokenRefusalReason.TOKEN_REVOKED : null;
}

async function judgeRefresh(
  services: SessionServices,
  claims: RefreshClaims,
  device: Device,
): Promise<TokenRefusalReason | null> {
  const judgement = await judgeRefreshToken(services, claims);
  await answerMisuse(services, claims, judgement, device);
  return judgement.verdict === 'CURRENT' ? null : judgement.verdict;
}
