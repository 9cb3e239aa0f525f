import { connect, type Socket } from 'node:net';

/** How many requests one span of load made. */
export interface Rate {
  readonly requests: number;
  readonly requestsPerSecond: number;
}

export interface Exchange {
  readonly url: string;
  /** Seconds. */
  readonly span: number;
  readonly bodyOf: (token: string) => object;
  readonly successorOf: (answer: unknown) => string | undefined;
}

/**
 * Exchanges one token on each connection, in the way of any server, and keeps the successors in the given list. autocannon takes
 * three times as long as this to send a request that differs from the last, and the server would have to share the processor with it.
 */
export async function exchangeAll(tokens: string[], { url, span, bodyOf, successorOf }: Exchange): Promise<Rate> {
  const begun = performance.now();
  const end = begun + span * 1000;
  let requests = 0;
  const exchangeOn = async (place: number, token: string) => {
    const connection = new Connection(new URL(url));
    let held = token;
    while (performance.now() < end) {
      const answer = await connection.post(JSON.stringify(bodyOf(held)));
      const successor = successorOf(JSON.parse(answer));
      if (successor === undefined) throw new Error(`An exchange failed: ${answer}`);
      tokens[place] = held = successor;
      requests += 1;
    }
    connection.close();
  };
  await Promise.all(tokens.map(async (token, place) => exchangeOn(place, token)));
  return { requests, requestsPerSecond: (requests * 1000) / (performance.now() - begun) };
}

const END_OF_HEAD = '\r\n\r\n';

/** A connection that waits for each answer, and is made anew when the server asks for that. */
class Connection {
  readonly #url: URL;
  readonly #head: string;
  #socket: Socket | null = null;
  #received = '';
  #answer = Promise.withResolvers<string>();

  constructor(url: URL) {
    this.#url = url;
    const type = 'Content-Type: application/json';
    this.#head = `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${type}\r\nContent-Length: `;
  }

  /** Sends a JSON text in ASCII. */
  async post(body: string): Promise<string> {
    this.#answer = Promise.withResolvers();
    this.#socket ??= this.#open();
    this.#socket.write(`${this.#head}${body.length}${END_OF_HEAD}${body}`, 'latin1');
    return this.#answer.promise;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      this.#read(part);
    });
    socket.on('error', (error) => {
      this.#answer.reject(error);
    });
    socket.on('close', () => {
      if (socket === this.#socket)
        this.#answer.reject(new Error('The server has closed the connection without an answer.'));
    });
    return socket;
  }

  #read(part: string): void {
    this.#received += part;
    const endOfHead = this.#received.indexOf(END_OF_HEAD);
    if (endOfHead === -1) return;
    const head = this.#received.slice(0, endOfHead);
    const body = readBody(head, this.#received.slice(endOfHead + END_OF_HEAD.length));
    if (body === null) return;
    this.#received = '';
    this.#answer.resolve(body);
    if (/^connection: *close/im.test(head)) this.close();
  }
}

/** The body of an answer, which is a JSON text of one line; null if it has not arrived whole (RFC 9112 section 6). */
function readBody(head: string, rest: string): string | null {
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? [];
  if (length !== undefined) return rest.length < Number(length) ? null : rest;
  if (!rest.endsWith('\r\n0\r\n\r\n')) return null;
  // The lines are, in turn, the size of a chunk and the chunk.
  return rest
    .split('\r\n')
    .filter((_line, index) => index % 2 === 1)
    .join('');
}
