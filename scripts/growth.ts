/** How a service is used. */
export interface Usage {
  /** Sessions in use. */
  readonly sessions: number;
  /** Refreshes of a session in use, each day. */
  readonly refreshesPerDay: number;
  /** How many days a session is used. Then its user logs out, or comes back no more. */
  readonly daysOfUse: number;
  /** The share of sessions that end by a logout. */
  readonly shareOfLogouts: number;
  readonly blacklistAfterRotation: boolean;
  /** Days. */
  readonly refreshTokenLifetime: number;
  readonly accessTokenLifetime: number;
  readonly eventRetention: number;
}

/** What stays the same once a service has been used for long. */
export interface Growth {
  readonly sessionRows: number;
  readonly blacklistRows: number;
  readonly eventRows: number;
  /** The entries of the mirror of each process. */
  readonly mirrorEntries: number;
  /** A mean. Most services have three times as many at their busiest. */
  readonly refreshesPerSecond: number;
  readonly loginsPerSecond: number;
  /** Rows that the purge deletes, of all tables. */
  readonly purgedPerSecond: number;
}

/** Days that rows outlive their tokens, in case a clock is stepped back. */
const MARGIN = 1 / 24;
/** Days that the end of a session outlives its access tokens. */
const END_MARGIN = 1 / 1_440;
const SECONDS_OF_DAY = 86_400;

/** The arithmetic of docs/scaling.md. */
export function growthOf(usage: Usage): Growth {
  const { sessions, refreshesPerDay, daysOfUse, shareOfLogouts, accessTokenLifetime } = usage;
  const opened = sessions / daysOfUse;
  const loggedOut = opened * shareOfLogouts;
  const outlives = usage.refreshTokenLifetime + MARGIN;
  const rotations = sessions * refreshesPerDay;
  const barred = accessTokenLifetime + END_MARGIN;
  const rotatedRows = usage.blacklistAfterRotation ? rotations : 0;
  return {
    sessionRows: sessions + opened * outlives,
    blacklistRows: rotatedRows * (outlives - 1 / refreshesPerDay) + loggedOut * (barred + MARGIN),
    eventRows: (opened + loggedOut) * usage.eventRetention,
    // An end is remembered for an hour and an access token's lifetime after its row was read for the last time.
    mirrorEntries: loggedOut * (barred + MARGIN + accessTokenLifetime + MARGIN),
    refreshesPerSecond: rotations / SECONDS_OF_DAY,
    loginsPerSecond: opened / SECONDS_OF_DAY,
    purgedPerSecond: (opened + rotatedRows + loggedOut + (opened + loggedOut)) / SECONDS_OF_DAY,
  };
}
