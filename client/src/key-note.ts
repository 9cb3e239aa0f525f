import { type HeldSession, pairIdOf, type Shelf } from './storage.ts';

/** The key of a refresh, written down from before it is asked for until its answer is in. */
export interface KeyNote {
  /** The same for whoever refreshes this pair: after a failure, after a reload, in another tab. */
  keyFor(held: HeldSession): Promise<string>;
  /** Whether a refresh of this pair was asked for, and nobody has seen the answer. */
  isOpen(held: HeldSession): Promise<boolean>;
  forget(): Promise<void>;
}

export function createKeyNote(shelf: Shelf): KeyNote {
  // Where the storage fails, this tab still knows its own.
  let memory: string | null = null;
  const read = async (held: HeldSession): Promise<string | null> => {
    const text = await shelf.read();
    const [pairId, key] = ((text === undefined ? memory : text) ?? '').split(' ');
    return pairId === pairIdOf(held) ? (key ?? null) : null;
  };
  const write = async (text: string | null): Promise<void> => {
    memory = text;
    await shelf.write(text);
  };
  return {
    async keyFor(held) {
      const noted = await read(held);
      if (noted !== null) return noted;
      const key = randomKey();
      await write(`${pairIdOf(held)} ${key}`);
      return key;
    },
    isOpen: async (held) => (await read(held)) !== null,
    forget: () => write(null),
  };
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 32 random characters: 192 bits. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => BASE64URL[byte & 63]).join('');
}
