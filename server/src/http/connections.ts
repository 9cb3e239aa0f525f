import type { Server } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';

/** Bounds on connections. */
export interface ConnectionLimits {
  /** The connections that one address may have open. */
  readonly maxConnections: number;
  /** Addresses and networks that hold the connections of many clients. */
  readonly trustedProxies: readonly string[];
}

const BODY = JSON.stringify({
  errors: [{ message: 'Too many connections of this address.', extensions: { code: 'TOO_MANY_CONNECTIONS' } }],
});
/** RFC 6585 section 4. */
const REFUSAL = [
  'HTTP/1.1 429 Too Many Requests',
  'Connection: close',
  'Content-Type: application/json; charset=utf-8',
  'Cache-Control: no-store',
  'Retry-After: 1',
  `Content-Length: ${Buffer.byteLength(BODY)}`,
  '',
  BODY,
].join('\r\n');
/** Milliseconds until a refused connection is closed, whatever its client does. */
const FAREWELL = 1_000;

/** Refuses connections of an address that has too many. Proxies that are trusted may have any number. */
export function limitConnections(server: Server, { maxConnections, trustedProxies }: ConnectionLimits): void {
  const proxies = toBlockList(trustedProxies);
  const counts = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
    if (count > maxConnections) refuse(socket);
  });
}

function refuse(socket: Socket): void {
  socket.end(REFUSAL);
  setTimeout(() => socket.destroy(), FAREWELL).unref();
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
