import type { FastifyInstance } from 'fastify';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = '\u{feff}';

/**
 * Accepts bodies of JSON in UTF-8 (RFC 8259 section 8.1) only. A body in another encoding or with invalid bytes is refused,
 * because two programs could read it in two ways.
 */
export function takeJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity' || !isUtf8(type)) return done(refusal(415));
    const text = decode(body as Buffer);
    if (text === null || text.startsWith(BYTE_ORDER_MARK)) return done(refusal(400));
    return parse(request, text, done);
  });
}

function isUtf8(contentType: string): boolean {
  if (!contentType.includes(';')) return true;
  const charsets = contentType.matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi);
  return [...charsets].every(([, charset = '']) => charset.toLowerCase() === 'utf-8');
}

function decode(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}

function refusal(statusCode: number): Error {
  return Object.assign(new Error('The body is not JSON in UTF-8.'), { statusCode });
}
