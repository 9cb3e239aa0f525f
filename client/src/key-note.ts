import type { Shelf } from './storage.ts';

/** The key of a refresh, written down from before it is asked for until its answer is in. */
export interface KeyNote {
  /** The same for whoever refreshes this pair: after a failure, after a reload, in another tab. */
  keyFor(pairId: string): Promise<string>;
  /** Whether a refresh of this pair was asked for, and nobody has seen the answer. */
  isOpen(pairId: string): Promise<boolean>;
  forget(): Promise<void>;
}

export function createKeyNote(shelf: Shelf): KeyNote {
  // Where the storage fails, this tab still knows its own.
  let memory: string | null = null;
  const read = async (pairId: string): Promise<string | null> => {
    const text = await shelf.read();
    const [notedId, key] = ((text === undefined ? memory : text) ?? '').split(' ');
    return notedId === pairId ? (key ?? null) : null;
  };
  const write = async (text: string | null): Promise<void> => {
    memory = text;
    await shelf.write(text);
  };
  return {
    async keyFor(pairId) {
      const noted = await read(pairId);
      if (noted !== null) return noted;
      const key = randomKey();
      await write(`${pairId} ${key}`);
      return key;
    },
    isOpen: async (pairId) => (await read(pairId)) !== null,
    forget: () => write(null),
  };
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 32 random characters: 192 bits. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => BASE64URL[byte & 63]).join('');
}
