/** How a token pair reaches the client. The client chooses at login, and the session keeps it. */
export const TokenDelivery = Object.freeze({
  /** Both tokens are in the answer's body. */
  BODY: 'BODY',
  /** Both tokens are in HttpOnly cookies. */
  COOKIES: 'COOKIES',
  /** The refresh token is in an HttpOnly cookie, the access token in the body. */
  REFRESH_COOKIE: 'REFRESH_COOKIE',
});
export type TokenDelivery = (typeof TokenDelivery)[keyof typeof TokenDelivery];
