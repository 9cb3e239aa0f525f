/** A host's test may later put a fake in the place of `setImmediate`. */
const nextTurn = setImmediate;
/** Turns of the event loop that requests wait for one another, at most. */
const MOST_TURNS = 4;

let arrived = 0;
let arrival: Promise<void> | null = null;

/**
 * Waits until a turn of the event loop brings no other request, without a pause. Each step of GraphQL then runs for all that have
 * arrived, one after another. Measured, that is up to twice as fast: most likely, the code of the step is still in the processor's
 * caches.
 */
export async function gatherRequests(): Promise<void> {
  arrived += 1;
  arrival ??= new Promise((resolve) => {
    waitForOthers(resolve, arrived, MOST_TURNS);
  });
  return arrival;
}

function waitForOthers(resolve: () => void, gathered: number, turnsLeft: number): void {
  nextTurn(() => {
    if (arrived > gathered && turnsLeft > 1) {
      waitForOthers(resolve, arrived, turnsLeft - 1);
      return;
    }
    arrived = 0;
    arrival = null;
    resolve();
  });
}
