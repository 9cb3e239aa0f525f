/** Calls something in the next turn of the event loop. A host's test may later put a fake in the place of `setImmediate`. */
export const nextTurn = setImmediate;
