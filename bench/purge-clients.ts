import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { GraphQLClient } from '../tests/support/graphql-client.ts';

/** The start and the end of something, in milliseconds since 1970. */
export type Span = readonly [begun: number, ended: number];

/**
 * Clients that refresh, in a thread of their own, so that the garbage collection of the main thread does not delay them.
 * When asked, they report the start and the end of each refresh since they were last asked.
 */
const { url, refreshTokens } = workerData as { url: string; refreshTokens: string[] };
/** The average pause between an answer and a client's next refresh, in milliseconds. */
const BREAK = 30;

const client = new GraphQLClient(url);
let refreshes: Span[] = [];

async function refreshOn(first: string): Promise<never> {
  for (let refreshToken = first; ; await pause(BREAK * 2 * Math.random())) {
    const begun = performance.now();
    ({ refreshToken } = await client.refresh(refreshToken));
    refreshes.push([performance.timeOrigin + begun, performance.timeOrigin + performance.now()]);
  }
}

parentPort?.on('message', () => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort?.postMessage(refreshes);
  refreshes = [];
});
await Promise.all(refreshTokens.map(refreshOn));
