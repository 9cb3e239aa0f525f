import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** A way to a server that can fall silent, as a network does: nothing is closed, and nothing arrives any more. */
export interface SilentProxy {
  readonly port: number;
  fallSilent(): void;
  speak(): void;
  /** Leads new connections to another server. */
  redirect(target: Target): void;
  /** Lets new connections wait before they are served. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

export async function startSilentProxy(first: Target): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  let target = first;
  let delay = 0;
  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (delay > 0) {
      near.pause();
      setTimeout(() => near.resume(), delay);
    }
    // Whatever arrives during the silence is lost, and those connections stay silent.
    near.on('data', (chunk) => void (isSilent || far.write(chunk)));
    far.on('data', (chunk) => void (isSilent || near.write(chunk)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    fallSilent: () => void (isSilent = true),
    speak: () => void (isSilent = false),
    redirect: (other) => void (target = other),
    delay: (milliseconds) => void (delay = milliseconds),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
