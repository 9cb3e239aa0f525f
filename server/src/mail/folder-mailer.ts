import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Mailer } from 'graphql-simplejwt';
import { mailerOf } from './smtp-mailer.ts';

const FROM = 'graphql-simplejwt <auth@localhost>';

/** For development: writes each mail to a file of a folder, and says where. */
export function createFolderMailer(folder: string, say: (line: string) => void): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true });
  return async (mail) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${mail.id}.eml`);
    const write = mailerOf(
      {
        async sendMail(options: Parameters<typeof transport.sendMail>[0]) {
          const { message } = await transport.sendMail(options);
          await writeFile(path, message as Buffer, { mode: 0o600 });
        },
      } as never,
      FROM,
    );
    await write(mail);
    say(`A mail for ${mail.to} is in ${path}`);
  };
}
