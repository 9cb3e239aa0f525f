import type { CodeDeriver } from '../codes/code-deriver.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { AccountServices } from './services.ts';

/** What the use cases that send mail work with. */
export interface MailServices extends AccountServices {
  readonly codes: CodeDeriver;
  readonly outbox: Outbox;
  /** The languages that mails are written in. The first is for clients that ask for none of them. */
  readonly languages: readonly string[];
  /** Takes what only the log says. */
  readonly onFailure: (error: unknown) => void;
}
