import { ENGLISH } from './english.ts';
import { GERMAN } from './german.ts';
import type { Messages } from './messages.ts';

/** The languages that are shipped. The first is for clients that ask for none of them. */
export const SHIPPED_MESSAGES: Readonly<Record<'en' | 'de', Messages>> = Object.freeze({ en: ENGLISH, de: GERMAN });
