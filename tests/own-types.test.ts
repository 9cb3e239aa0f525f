import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, HOST_OPTIONS } from './support/compile.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/embedding.md'), 'utf8');
const [, DECLARATION = ''] = /```typescript\n(.*?)```/s.exec(page) ?? [];

const USE = `
import { type Auth, Authorized, type AuthContext, type HostUser } from 'graphql-simplejwt';

class Resolver {
  @Authorized('EDITOR') one() {}
  @Authorized(['ADMIN', 'EDITOR']) two() {}
}
export const role = ({ currentUser }: AuthContext): 'ADMIN' | 'EDITOR' | undefined => currentUser?.roles[0];
export const plan = ({ currentUser }: AuthContext): 'free' | 'paid' | undefined =>
  currentUser?.claims['https://example.com/claims'].plan;
export const make = (auth: Auth) => auth.createUser({ email: 'a@example.com', password: 'x', roles: ['EDITOR'] });
export const set = (auth: Auth) => auth.setUserRoles('id', ['ADMIN']);
export const user: HostUser = { id: 1, stamp: 1, roles: ['ADMIN'], user: {} };
export const resolver = new Resolver();
`;

const compileWith = async (text: string) =>
  compile([{ place: 'host.md:1', text: `${DECLARATION}\n${text}` }], HOST_OPTIONS);

test('the roles and claims of a host are known to the compiler', async () => {
  expect(DECLARATION).toContain('interface AuthTypes');
  expect(await compileWith(USE)).toBe('');
}, 60_000);

test.each([
  ['@Authorized', USE.replace("@Authorized('EDITOR')", "@Authorized('EDITR')")],
  ['@Authorized with a list', USE.replace("'ADMIN', 'EDITOR']) two", "'ADMIN', 'EDITR']) two")],
  ['createUser', USE.replace("roles: ['EDITOR']", "roles: ['EDITR']")],
  ['setUserRoles', USE.replace("('id', ['ADMIN'])", "('id', ['ADMN'])")],
  ['a user of the host', USE.replace("roles: ['ADMIN'], user", "roles: ['ADMN'], user")],
  ['a claim', USE.replace("'free' | 'paid' | undefined", "'free' | undefined")],
])(
  'a role or claim that the host does not have is an error in %s',
  async (_where, text) => {
    expect(text).not.toBe(USE);
    expect(await compileWith(text)).toContain('error TS');
  },
  60_000,
);
