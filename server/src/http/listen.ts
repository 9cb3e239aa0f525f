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
