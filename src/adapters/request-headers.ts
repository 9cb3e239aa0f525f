import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The headers of a request, with every value of a repeated one. What only imitates Node's request may not have them. */
export function requestHeaders(
  request: Pick<IncomingMessage, 'headers'> & Partial<Pick<IncomingMessage, 'headersDistinct'>>,
): NodeJS.Dict<string[]> | IncomingHttpHeaders {
  return request.headersDistinct ?? request.headers;
}
