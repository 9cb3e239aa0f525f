import type { PairLike } from './documents.ts';
import { AuthRequestError } from './errors.ts';
import type { Parts } from './options.ts';
import { sessionFrom } from './refresh.ts';
import type { AuthUser } from './storage.ts';
import { ask, type Credentials, type GraphQLAnswer } from './transport.ts';

interface PairAnswer {
  readonly pair: PairLike | null;
}

/** Asks for a pair, and goes on with it. */
export async function openSession(
  parts: Parts,
  document: string,
  input: object,
  credentials: Pick<Credentials, 'headers' | 'mode'>,
): Promise<AuthUser | null> {
  const askedAt = parts.clock.now();
  return openFrom(parts, await ask<PairAnswer>(parts.transport, document, { input }, credentials), askedAt);
}

/** @throws AuthRequestError if the server has refused it. */
export async function openFrom(
  parts: Parts,
  { data, errors = [] }: GraphQLAnswer<PairAnswer>,
  askedAt: number,
): Promise<AuthUser | null> {
  if (errors.length > 0) throw new AuthRequestError(errors);
  return data?.pair == null ? null : adopt(parts, data.pair, askedAt);
}

export async function adopt({ keeper }: Parts, pair: PairLike, askedAt: number): Promise<AuthUser> {
  const { held } = keeper;
  const session = sessionFrom(pair, held?.sessionId === pair.session.id ? held.count + 1 : 0, askedAt);
  await keeper.adopt(session);
  return session.user;
}
