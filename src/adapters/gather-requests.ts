/** A host's test may later put a fake in the place of `setImmediate`. */
const nextTurn = setImmediate;

let arrival: Promise<void> | null = null;

/**
 * Waits until the requests that have arrived are read, without a pause. Each step of GraphQL then runs for all of them, one after
 * another. Measured, that is up to twice as fast: most likely, the code of the step is still in the processor's caches.
 */
export async function gatherRequests(): Promise<void> {
  arrival ??= new Promise((resolve) => {
    nextTurn(() => {
      arrival = null;
      resolve();
    });
  });
  return arrival;
}
