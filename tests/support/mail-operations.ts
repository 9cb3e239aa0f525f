import type { Answer, GraphQLClient, Pair } from './graphql-client.ts';
import { Mailbox } from './mailbox.ts';
import type { TestAuth, TestAuthOptions } from './start-test-auth.ts';

const PAIR = '{ accessToken refreshToken session { id } user { id email isEmailVerified } }';
const REQUESTED = '{ isAccepted requestId }';
const ENDED = '{ endedSessions endedSessionIds }';

/** What is asked of the answer of each mutation that mails or takes a code. */
const SELECTIONS = {
  requestPasswordReset: REQUESTED,
  resetPassword: PAIR,
  requestEmailVerification: REQUESTED,
  verifyEmail: '{ user { id email isEmailVerified } }',
  requestEmailChange: REQUESTED,
  confirmEmailChange: '{ id email isEmailVerified }',
  revertEmailChange: REQUESTED,
  requestLoginCode: REQUESTED,
  loginWithCode: PAIR,
  inviteUser: REQUESTED,
  endSessionWithCode: ENDED,
} as const;
export type MailOperation = keyof typeof SELECTIONS;

export function documentOf(operation: MailOperation): string {
  const type = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${operation}(input: $input) ${SELECTIONS[operation]} }`;
}

/** Runs a mutation that mails or takes a code. */
export async function tryMail(
  client: GraphQLClient,
  operation: MailOperation,
  input: Record<string, unknown>,
  accessToken?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return client.run(documentOf(operation), { input }, accessToken, headers);
}

/** The same, which must succeed. */
export async function runMail(
  client: GraphQLClient,
  operation: MailOperation,
  input: Record<string, unknown>,
  accessToken?: string,
  headers: Record<string, string> = {},
) {
  const { data, text } = await tryMail(client, operation, input, accessToken, headers);
  if (!data?.[operation]) throw new Error(`${operation} did not succeed: ${text}`);
  return data[operation];
}

/** Proves the address of a user who is logged in. */
export async function verify(client: GraphQLClient, mailbox: Mailbox, { accessToken, user }: Pair): Promise<void> {
  await runMail(client, 'requestEmailVerification', { email: user.email });
  await runMail(client, 'verifyEmail', { code: (await mailbox.next()).token }, accessToken);
}

/** A server that sends mails, and their mailbox. */
export async function startMailing(start: (options?: TestAuthOptions) => Promise<TestAuth>, options: TestAuthOptions) {
  const mailbox = new Mailbox();
  const server = await start({ mailer: mailbox.mailer, linkUrl: 'https://app.example.com/', ...options });
  return { server, client: server.client, mailbox };
}
