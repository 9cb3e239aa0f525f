// Kept here, because a host's test may later put fakes in the places of Node's timers.

/** Calls something in the next turn of the event loop. */
export const nextTurn = setImmediate;

/** Calls something after so many milliseconds, unless it is stopped. */
export const startTimer = setTimeout;
export const stopTimer = clearTimeout;
