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

const start = useServers();

/** A connection that its client keeps open. */
async function openConnection(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  await once(socket, 'connect');
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
  describe.each(['a new', 'a used'])('on %s connection', (kind) => {
    test.each(PARTS)(
      'answers a request of which it has %s, and tells its client to close',
      async (_name, part) => {
        const server = await start();
        const { socket, closed, received } = await openConnection(server.url);
        if (kind === 'a used') {
          socket.write(REQUEST);
          await waitUntil(() => received().includes(DATA));
        }
        const before = received();
        expect(before).not.toMatch(/^connection: close\r$/im);
        socket.write(part);
        // Nothing tells when the server has read it.
        await pause(100);

        const stopped = server.stop();
        await waitUntil(async () => !(await isListening(server.url)));
        socket.write(REQUEST.slice(part.length));
        await Promise.all([stopped, closed]);

        const answer = received().slice(before.length);
        expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        expect(answer).toMatch(/^connection: close\r$/im);
        expect(answer).toContain(DATA);
      },
      PATIENCE,
    );
  });

  test(
    'answers requests that have arrived and are not read yet, on new connections and used ones',
    async () => {
      const server = await start();
      const [fresh, used] = [await openConnection(server.url), await openConnection(server.url)];
      used.socket.write(REQUEST);
      await waitUntil(() => used.received().includes(DATA));
      const before = used.received();

      fresh.socket.write(REQUEST);
      used.socket.write(REQUEST);
      await Promise.all([server.stop(), fresh.closed, used.closed]);

      for (const answer of [fresh.received(), used.received().slice(before.length)]) {
        expect(answer).toMatch(/^connection: close\r$/im);
        expect(answer).toContain(DATA);
      }
    },
    PATIENCE,
  );

  test(
    'closes connections that have sent nothing, and those that have their answers',
    async () => {
      const server = await start();
      const [silent, answered] = [await openConnection(server.url), await openConnection(server.url)];
      answered.socket.write(REQUEST);
      await waitUntil(() => answered.received().includes(DATA));
      const before = answered.received();

      await Promise.all([server.stop(), silent.closed, answered.closed]);

      expect([silent.received(), answered.received()]).toEqual(['', before]);
    },
    PATIENCE,
  );
});
