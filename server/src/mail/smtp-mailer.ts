import { createTransport, type Transporter } from 'nodemailer';
import type { Mail, Mailer } from 'graphql-simplejwt';

/** A mailer, and how to end it. */
export interface OpenMailer {
  readonly send: Mailer;
  close(): void;
}

/** Milliseconds. Together they are less than a mail may take. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** Sends mails over SMTP, through a few connections that stay open. TLS is as the URL says. */
export function openSmtpMailer(url: string, from: string): OpenMailer {
  const transport = createTransport({ url, pool: true, maxConnections: 2, ...TIMEOUTS });
  return { send: mailerOf(transport, from), close: () => transport.close() };
}

/** Sends each mail through a transport of nodemailer. */
export function mailerOf(transport: Pick<Transporter, 'sendMail'>, from: string): Mailer {
  return async ({ id, to, subject, text, html }: Mail) => {
    // The same at each attempt, so that a mail server can drop a duplicate.
    const messageId = `<${id}@${/@([^>\s]+)/.exec(from)?.[1] ?? 'localhost'}>`;
    // RFC 3834 section 5: no out-of-office replies.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    await transport.sendMail({ from, to, subject, text, html, messageId, headers });
  };
}
