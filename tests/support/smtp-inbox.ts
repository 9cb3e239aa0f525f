import { once } from 'node:events';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as a mail server received it. */
interface ReceivedMail {
  readonly to: readonly string[];
  readonly source: string;
  /** Its first part, decoded. */
  readonly text: string;
}

/** A mail server on a free port of 127.0.0.1. */
export interface SmtpInbox {
  readonly port: number;
  readonly received: ReceivedMail[];
  close(): Promise<void>;
}

/** @param confirm - tells the client that its mail was received. */
export async function openSmtpInbox(
  options: SMTPServerOptions = {},
  port = 0,
  confirm = (done: () => void) => done(),
): Promise<SmtpInbox> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onData(stream, session, done) {
      let source = '';
      stream.on('data', (chunk) => (source += String(chunk)));
      stream.on('end', () => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), source, text: decode(source) });
        confirm(done);
      });
    },
  });
  // A client that does not trust the certificate hangs up.
  server.on('error', () => undefined);
  const listening = server.listen(port, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    received,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Undoes quoted-printable (RFC 2045 section 6.7), for ASCII. */
function decode(source: string): string {
  return source
    .replace(/=\r?\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
