import type { PairLike } from './documents.ts';
import { AuthRequestError } from './errors.ts';
import { sessionFrom } from './refresh.ts';
import type { ClientServices } from './services.ts';
import type { AuthUser } from './storage.ts';
import { ask, type Credentials, type GraphQLAnswer } from './transport.ts';

interface PairAnswer {
  readonly pair: PairLike | null;
}

/** Asks the server for a pair and accepts it. */
export async function openSession(
  services: ClientServices,
  document: string,
  input: object,
  credentials: Pick<Credentials, 'headers' | 'mode'>,
): Promise<AuthUser | null> {
  const askedAt = services.clock.now();
  return acceptAnswer(services, await ask<PairAnswer>(services.transport, document, { input }, credentials), askedAt);
}

/** @throws AuthRequestError if the server refused. */
export async function acceptAnswer(
  services: ClientServices,
  { data, errors = [] }: GraphQLAnswer<PairAnswer>,
  askedAt: number,
): Promise<AuthUser | null> {
  if (errors.length > 0) throw new AuthRequestError(errors);
  return data?.pair == null ? null : acceptPair(services, data.pair, askedAt);
}

export async function acceptPair({ store }: ClientServices, pair: PairLike, askedAt: number): Promise<AuthUser> {
  const held = store.session;
  const session = sessionFrom(pair, held?.sessionId === pair.session.id ? held.count + 1 : 0, askedAt);
  await store.accept(session);
  return session.user;
}
