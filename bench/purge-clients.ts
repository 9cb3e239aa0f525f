import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { GraphQLClient } from '../tests/support/graphql-client.ts';

/** From when to when. */
export type Span = readonly [begun: number, ended: number];

/**
 * Clients that refresh, in a thread of their own: the garbage of the main thread holds nobody up here. Asked for it, they
 * tell from when to when each of their refreshes took since the last time, in milliseconds since 1970.
 */
const { url, refreshTokens } = workerData as { url: string; refreshTokens: string[] };
/** Milliseconds between an answer and the next refresh of a client. */
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
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a thread, and no window
  parentPort?.postMessage(refreshes);
  refreshes = [];
});
await Promise.all(refreshTokens.map(refreshOn));
