import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

/** Milliseconds. A server that stops cuts its connections after eight seconds. Nothing here may need that. */
const PATIENCE = 6_000;

const BODY = '{"query":"{ __typename }"}';
const HEAD = `POST /graphql HTTP/1.1
Host: auth.test
Content-Type: application/json
Content-Length: ${BODY.length}

`.replaceAll('\n', '\r\n');
const REQUEST = HEAD + BODY;
const DATA = '{"data":{"__typename":"Query"}}';
const CLOSE = /^connection: close\r$/im;

const start = useServers();

/** A connection that its client keeps open. A used one has had an answer, which does not count as received. */
async function openConnection(url: string, kind: 'new' | 'used' = 'new') {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  await once(socket, 'connect');
  if (kind === 'used') {
    socket.write(REQUEST);
    await waitUntil(() => received.includes(DATA));
    received = '';
  }
  return { socket, closed, received: () => received };
}

async function isListening(url: string): Promise<boolean> {
  const connection = await openConnection(url).catch(() => null);
  connection?.socket.destroy();
  return connection !== null;
}

const PARTS = [
  ['the first headers', HEAD.slice(0, 40)],
  ['the headers', HEAD],
  ['half of the body', REQUEST.slice(0, -5)],
] as const;

describe('a server that stops', () => {
  describe.each(['new', 'used'] as const)('on a %s connection', (kind) => {
    test.each(PARTS)(
      'answers a request of which it has %s, and tells its client to close',
      async (_name, part) => {
        const server = await start();
        const { socket, closed, received } = await openConnection(server.url, kind);
        socket.write(part);
        // Nothing tells when the server has read it.
        await pause(100);

        const stopped = server.stop();
        await waitUntil(async () => !(await isListening(server.url)));
        socket.write(REQUEST.slice(part.length));
        await Promise.all([stopped, closed]);

        expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        expect(received()).toMatch(CLOSE);
        expect(received()).toContain(DATA);
      },
      PATIENCE,
    );
  });

  test(
    'answers requests that have arrived and are not read yet, on new connections and used ones',
    async () => {
      const server = await start();
      const connections = [await openConnection(server.url), await openConnection(server.url, 'used')];

      for (const { socket } of connections) socket.write(REQUEST);
      await Promise.all([server.stop(), ...connections.map(({ closed }) => closed)]);

      for (const { received } of connections) {
        expect(received()).toMatch(CLOSE);
        expect(received()).toContain(DATA);
      }
    },
    PATIENCE,
  );

  test(
    'closes connections that have sent nothing, and those that have their answers',
    async () => {
      const server = await start();
      const connections = [await openConnection(server.url), await openConnection(server.url, 'used')];

      await Promise.all([server.stop(), ...connections.map(({ closed }) => closed)]);

      expect(connections.map(({ received }) => received())).toEqual(['', '']);
    },
    PATIENCE,
  );
});
