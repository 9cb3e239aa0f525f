import { TokenRefusalReason } from '../errors.ts';
import type { Device } from '../device.ts';
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts';
import { answerMisuse, judgeRefreshToken } from './judge-refresh-token.ts';
import type { Parts } from './parts.ts';

/** Whether a token is good at this moment. */
export interface TokenVerification {
  readonly isValid: boolean;
  /** Why not; null if it is valid. */
  readonly reason: TokenRefusalReason | null;
  /** What it says, as soon as the signature is ours; null if it is not. */
  readonly claims: AccessClaims | RefreshClaims | null;
}

/** Judges a token of either kind. To show a superseded refresh token here counts as presenting it. */
export async function verifyToken(parts: Parts, token: string, device: Device): Promise<TokenVerification> {
  if (token === '') return { isValid: false, reason: 'TOKEN_MISSING', claims: null };
  const reading = parts.codec.read(token);
  if (reading.status === 'invalid') return { isValid: false, reason: 'TOKEN_INVALID', claims: null };
  const { status, claims } = reading;
  if (status !== 'live')
    return { isValid: false, reason: status === 'expired' ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', claims };
  const reason =
    claims.token_type === 'access' ? judgeAccess(parts, claims) : await judgeRefresh(parts, claims, device);
  return { isValid: reason === null, reason, claims };
}

function judgeAccess(parts: Parts, claims: AccessClaims): TokenRefusalReason | null {
  const isRevoked = parts.mirror.isEnded(claims.sid) || parts.mirror.isOutdated(claims.sub, claims.ver);
  return isRevoked ? TokenRefusalReason.TOKEN_REVOKED : null;
}

async function judgeRefresh(parts: Parts, claims: RefreshClaims, device: Device): Promise<TokenRefusalReason | null> {
  const judgement = await judgeRefreshToken(parts, claims);
  await answerMisuse(parts, claims, judgement, device);
  return judgement.verdict === 'CURRENT' ? null : judgement.verdict;
}
