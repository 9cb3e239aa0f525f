/** How a token pair reaches the client: the client's word at login, which the session remembers. */
export const TokenDelivery = Object.freeze({
  /** Both tokens in the answer. */
  BODY: 'BODY',
  /** Both in HttpOnly cookies. */
  COOKIES: 'COOKIES',
  /** The refresh token in an HttpOnly cookie, the access token in the answer. */
  REFRESH_COOKIE: 'REFRESH_COOKIE',
});
export type TokenDelivery = (typeof TokenDelivery)[keyof typeof TokenDelivery];
