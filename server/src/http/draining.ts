import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The end of a server's connections. */
export interface Draining {
  /** Whether it has begun. Each answer then tells its client to close (RFC 9112 section 9.6). */
  readonly hasBegun: boolean;
  /** Reads what has arrived, and closes connections that have sent nothing. After eight seconds it cuts all. */
  begin(): Promise<void>;
}

/** Milliseconds. Containers are killed ten seconds after they are asked to stop. */
const LONGEST = 8_000;
/** Turns of the event loop. The present one ends, the next accepts connections, and the last reads what they have sent. */
const TURNS = 3;

/**
 * Prepares a server to stop once the requests under way are answered. Node also waits for connections that have sent
 * nothing, as browsers and load balancers keep them, and for those that stay open after an answer.
 */
export function prepareDraining(server: Server): Draining {
  const open = new Set<Socket>();
  let hasBegun = false;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    get hasBegun() {
      return hasBegun;
    },
    async begin() {
      hasBegun = true;
      const cut = setTimeout(() => server.closeAllConnections(), LONGEST);
      server.once('close', () => clearTimeout(cut));
      for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}
