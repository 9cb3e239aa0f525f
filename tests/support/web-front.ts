import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that went through to the server behind. */
interface PassedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly status: number;
}

/**
 * The front of a server in a browser test. It serves a page under every host name, and `/graphql` of the server, so that one
 * name is the API's own origin and the others are foreign.
 */
export interface WebFront {
  /** The origin of a host name here. */
  origin(hostname: string): string;
  /** Where requests for `/graphql` go. */
  target: string;
  readonly passed: PassedRequest[];
  /** Keeps the next answer that holds `word` from the browser; resolves when the server has given it. */
  loseAnswer(word: string): Promise<void>;
  stop(): Promise<void>;
}

const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><title>a page</title><iframe name="nowhere" hidden></iframe>';

export async function startWebFront(): Promise<WebFront> {
  let loss: { readonly word: string; readonly happened: () => void } | null = null;
  const passed: PassedRequest[] = [];
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method, headers } = incoming;
    const body = await text(incoming);
    const onward = httpRequest(`${front.target}/graphql`, { method, headers }).end(body);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    const answer = await text(response);
    const status = response.statusCode ?? 0;
    passed.push({ headers, body, status });
    if (loss !== null && answer.includes(loss.word)) {
      // The connection is not cut, because Chromium would repeat the request by itself.
      loss.happened();
      loss = null;
      return;
    }
    const { 'transfer-encoding': _encoding, ...rest } = response.headers;
    outgoing.writeHead(status, rest).end(answer);
  };
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/graphql') pass(incoming, outgoing).catch(() => outgoing.destroy());
    else outgoing.setHeader('content-type', 'text/html').end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const front: WebFront = {
    origin: (hostname) => `http://${hostname}:${port}`,
    target: '',
    passed,
    loseAnswer: async (word) =>
      new Promise((happened) => {
        loss = { word, happened };
      }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}
