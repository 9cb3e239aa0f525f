import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { StartError } from '../environment.ts';

const FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'PORT: %s is taken',
  EACCES: 'PORT: %s may not be listened on',
  EADDRNOTAVAIL: 'HOST: %s is no address of this machine',
  ENOTFOUND: 'HOST: %s is no address of this machine',
};

/**
 * Starts to listen and returns the URL.
 *
 * @throws StartError where that cannot be.
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const fault = error instanceof Error && 'code' in error ? FAULTS[String(error.code)] : undefined;
    throw fault === undefined ? error : new StartError([fault.replace('%s', `${host}:${port}`)]);
  }
}

/**
 * Tracks connections that have sent no request yet, as browsers and load balancers keep them. Node counts them as busy, so
 * a server that stops would wait for them.
 */
export function watchSilentConnections(server: Server): { close(): void } {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return {
    close() {
      for (const socket of silent) socket.destroy();
    },
  };
}
