import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Bytes. A usual document takes ten to thirty thousand. */
const MOST_MEMORY = 32 * 2 ** 20;
/** Bytes of the parser's object for a token. Each comment is a token, too. */
const TOKEN = 100;
/** Bytes of the nodes, for each character of their JSON. */
const NODES = 3;

/**
 * Remembers documents that were parsed. By themselves, servers count the documents or the length of their nodes. A client chooses
 * the text, and the comments in it, so a thousand requests could fill the memory of the process.
 */
export function createDocumentMemory(): LRUCache<string, DocumentNode> {
  return new LRUCache({ maxSize: MOST_MEMORY, sizeCalculation: (document, key) => 2 * key.length + sizeOf(document) });
}

/** Bytes of an entry besides its text: the key, and the places that hold it. */
const ENTRY = 500;

/** Remembers texts, such as persisted queries. Apollo Server by itself counts nothing but the characters, and a million texts may be short. */
export function createTextMemory(): LRUCache<string, string> {
  return new LRUCache({ maxSize: MOST_MEMORY, sizeCalculation: (text) => ENTRY + 2 * text.length });
}

/** The bytes that a document keeps in memory, or some more. */
function sizeOf(document: DocumentNode): number {
  let tokens = 0;
  for (let token = document.loc?.startToken ?? null; token !== null; token = token.next) tokens += 1;
  const text = document.loc?.source.body ?? '';
  return 2 * text.length + TOKEN * tokens + NODES * JSON.stringify(document).length;
}
