import { type FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

/** What the server writes its log to. */
export type Log = FastifyBaseLogger;

/** Makes a log of one line of JSON for each fault. It holds no value that a client has sent. */
export function createLog(to: NodeJS.WritableStream): Log {
  return pino({ level: 'warn' }, to);
}
