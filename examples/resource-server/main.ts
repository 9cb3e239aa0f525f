/** Another service, which only verifies access tokens: with jose and the public keys, without a database: `node main.ts`. */
import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { ISSUER = 'http://localhost:4000', AUDIENCE = 'api', JWKS_URL, PORT = '4002' } = process.env;
const keys = createRemoteJWKSet(new URL(JWKS_URL ?? '/.well-known/jwks.json', ISSUER));

createServer((req, res) => {
  void answer(req.headers.authorization).then(
    (body) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    () => res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end(),
  );
}).listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`));

async function answer(authorization = ''): Promise<object> {
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? '';
  // `typ` tells an access token from every other one that the keys may have signed.
  const { payload } = await jwtVerify(token, keys, {
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  return { userId: payload.sub, roles: payload['roles'] };
}
