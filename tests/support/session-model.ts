/** Milliseconds. */
export interface ModelSettings {
  readonly refreshTokenLifetime: number;
  readonly sessionLifetime: number;
  readonly leeway: number;
  readonly reuseLeeway: number;
}

/** A session as the rules see it. Its refresh tokens are numbered in the order of their issue. */
export interface ModelSession {
  /** The number of the token that is good for the next exchange. */
  readonly current: number;
  /** By number, until when each token lasts. */
  readonly expiries: readonly number[];
  readonly rotatedAt: number;
  readonly endsAt: number;
  /** The key that came with the last rotation. */
  readonly key: string | null;
  readonly isEnded: boolean;
}

type ModelReason = 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' | 'TOKEN_ROTATED' | 'TOKEN_REUSED';
/** What the rules say to a request: the number of the token that is handed out, or why it is refused. */
export type ModelOutcome = number | ModelReason;

const inSeconds = (moment: number) => Math.floor(moment / 1000) * 1000;
const end = (session: ModelSession): ModelSession => ({ ...session, isEnded: true });

/** The rules of a session, without a database and without anything that happens at once. */
export function sessionRules({ refreshTokenLifetime, sessionLifetime, leeway, reuseLeeway }: ModelSettings) {
  const expiryOf = (issuedAt: number, endsAt: number) => Math.min(inSeconds(issuedAt) + refreshTokenLifetime, endsAt);
  const isOver = (session: ModelSession, token: number, now: number) => now >= session.expiries[token]! + leeway;

  function open(now: number): ModelSession {
    const endsAt = inSeconds(now) + sessionLifetime;
    return { current: 0, expiries: [expiryOf(now, endsAt)], rotatedAt: now, endsAt, key: null, isEnded: false };
  }

  /** Shows a token without exchanging it. */
  function show(session: ModelSession, token: number, now: number): [ModelSession, ModelOutcome] {
    if (isOver(session, token, now)) return [session, 'TOKEN_EXPIRED'];
    if (session.isEnded) return [session, 'TOKEN_REVOKED'];
    if (token === session.current) return [session, now < session.endsAt ? token : 'TOKEN_EXPIRED'];
    const isPrevious = token === session.current - 1;
    if (isPrevious && now - session.rotatedAt <= reuseLeeway) return [session, 'TOKEN_ROTATED'];
    return [end(session), 'TOKEN_REUSED'];
  }

  function refresh(
    session: ModelSession,
    token: number,
    key: string | null,
    now: number,
  ): [ModelSession, ModelOutcome] {
    const isRetry = token === session.current - 1 && key !== null && key === session.key;
    if (isRetry && !session.isEnded && !isOver(session, session.current, now)) return [session, session.current];
    const [shown, outcome] = show(session, token, now);
    if (outcome !== token) return [shown, outcome];
    const rotatedAt = Math.max(now, session.rotatedAt);
    const expiries = [...session.expiries, expiryOf(rotatedAt, session.endsAt)];
    return [{ ...session, current: token + 1, expiries, rotatedAt, key }, token + 1];
  }

  /** Any token ends its session, whatever the clock says at that moment. */
  const logout = (session: ModelSession) => end(session);

  return { open, show, refresh, logout };
}
