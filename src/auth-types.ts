/**
 * What the types of this library know of your program. Extend it, and your roles and claims are checked where they are used:
 * `@Authorized`, `currentUser`, `createUser`, `setUserRoles` and the users of your own.
 *
 * @example
 * ```typescript
 * declare module 'graphql-simplejwt' {
 *   interface AuthTypes {
 *     role: 'ADMIN' | 'EDITOR';
 *     claims: { 'https://example.com/claims': { plan: 'free' | 'paid' } };
 *   }
 * }
 * ```
 */
export interface AuthTypes {}

/** A role, as your program names them. Any text, unless you extend `AuthTypes`. */
export type Role = AuthTypes extends { readonly role: infer R extends string } ? R : string;

/** Your own claims, by their namespace. Unknown, unless you extend `AuthTypes`. */
export type OwnClaims = AuthTypes extends { readonly claims: infer C extends object } ? C : object;
