/** The first tabs of GraphiQL: the operations of a session, in the order in which one tries them. */
const EXAMPLE_OPERATIONS = `# 1. Open an account. The answer holds two tokens.
mutation Register {
  register(input: { email: "ada@example.com", password: "correct horse battery" }) {
    accessToken
    accessTokenExpiresIn
    refreshToken
    session { id }
  }
}

# 2. Or log in, if you have one.
mutation Login {
  login(input: { email: "ada@example.com", password: "correct horse battery" }) {
    accessToken
    accessTokenExpiresIn
    refreshToken
    session { id }
  }
}

# 3. Put the access token into the Headers tab below, in the place of <accessToken>, and ask who you are.
query Me {
  me { id email roles lastLoginAt }
  currentToken { type sessionId expiresAt }
  sessions { id createdAt lastUsedAt userAgent isCurrent }
}

# 4. Put the refresh token into the Variables tab and exchange it. Do it twice, to see the old one refused.
mutation Refresh($refreshToken: String!) {
  refreshToken(input: { refreshToken: $refreshToken }) {
    accessToken
    refreshToken
  }
}

# 5. Ask what a token says.
mutation Verify($refreshToken: String!) {
  verifyToken(input: { token: $refreshToken }) {
    isValid
    reason
    token { type expiresAt }
  }
}

# 6. Log out. The access token in the Headers tab is refused from then on.
mutation Logout {
  logout { endedSessions }
}
`;

/** The page may run its own scripts and call this server. Nothing loads from elsewhere. */
export const EXPLORER_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

let page: Promise<string> | undefined;

/** GraphiQL in one page that loads nothing from elsewhere. It is made at the first request. */
export async function explorerPage(): Promise<string> {
  page ??= render();
  return page;
}

async function render(): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL({
    title: 'graphql-simplejwt',
    // Relative, for a page that is served below another path.
    endpoint: './graphql',
    defaultQuery: EXAMPLE_OPERATIONS,
    headers: JSON.stringify({ authorization: 'Bearer <accessToken>' }, null, 2),
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  });
}
