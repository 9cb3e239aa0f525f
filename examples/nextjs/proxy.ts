import { type NextRequest, NextResponse } from 'next/server';
import { sessionCookies, sessionTokens } from './auth/session-cookies';
import { refresh } from './auth/tokens';

export const config = { matcher: '/((?!_next/static|_next/image|favicon.ico).*)' };

/** Refreshes the session before a page or an action needs it. Nothing else refreshes: server components cannot set cookies. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { accessToken, refreshToken } = sessionTokens(request.cookies);
  if (refreshToken === undefined || accessToken !== undefined) return NextResponse.next();
  let pair;
  try {
    pair = await refresh(refreshToken);
  } catch (error) {
    console.error(error);
    return NextResponse.next();
  }

  const cookies = sessionCookies(pair);
  // The page that follows reads the cookies of the request.
  for (const { name, value } of cookies)
    if (value === '') request.cookies.delete(name);
    else request.cookies.set(name, value);
  const response = NextResponse.next({ request: { headers: request.headers } });
  for (const each of cookies) response.cookies.set(each);
  response.headers.set('cache-control', 'private, no-store');
  return response;
}
