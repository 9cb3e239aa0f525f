import { securityEvents } from './support/accounts.ts';
import { fillQueue, QUEUE_LENGTH, SHORT_QUEUE } from './support/busy-logins.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { refusalOf } from './support/outcomes.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const SLOW = { ...SHORT_QUEUE, bcryptCost: 10 };

test('logins beyond the queue in front of bcrypt are refused at once, and nothing is recorded of them', async () => {
  const { client } = await start(SLOW);
  await client.register();

  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      client.tryLogin(index % 2 === 0 ? EMAIL : 'nobody@example.com', 'wrong one'),
    ),
  );

  const refused = answers.filter((answer) => refusalOf(answer) === 'RATE_LIMITED');
  const ofUser = answers.filter((_answer, index) => index % 2 === 0);
  const checked = answers.filter((answer) => refusalOf(answer) === 'INVALID_CREDENTIALS');
  expect(refused.length + checked.length).toBe(60);
  expect(checked.length).toBeGreaterThanOrEqual(QUEUE_LENGTH);
  expect(refused.length).toBeGreaterThan(0);
  for (const { status, headers, errors } of refused) {
    expect(status).toBe(200);
    expect(headers.get('retry-after')).toBe('3');
    expect(errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 3 });
  }
  for (const { headers } of checked) expect(headers.get('retry-after')).toBeNull();
  const { accessToken } = await client.login(EMAIL, PASSWORD);
  const failures = (await securityEvents(client, accessToken)).filter(({ type }) => type === 'LOGIN_FAILED');
  expect(failures).toHaveLength(ofUser.filter((answer) => checked.includes(answer)).length);
});

test('an answer that has more than the refusal carries no Retry-After', async () => {
  const server = await start(SHORT_QUEUE);
  const document = `mutation { logout { endedSessions } login(input: { email: "${EMAIL}", password: "wrong one" }) { accessToken } }`;

  const release = await fillQueue(server);
  const answer = await server.client.run(document);
  await release();

  expect(answer.errors[0]?.extensions.code).toBe('RATE_LIMITED');
  expect(answer.data.logout).not.toBeNull();
  expect(answer.headers.get('retry-after')).toBeNull();
});

test('the queue is free again after refusals, failures and bad input', async () => {
  const { client } = await start(SLOW);
  await client.register();
  for (let round = 0; round < 3; round += 1)
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => client.tryLogin(`u${round}-${index}@example.com`, 'wrong one')),
    );
  for (let count = 0; count < 2 * QUEUE_LENGTH; count += 1) await client.tryLogin(EMAIL, '');

  expect((await client.login(EMAIL, PASSWORD)).user.email).toBe(EMAIL);
});

test('createUser in code waits for its turn, however many are called at once', async () => {
  const { auth } = await start(SLOW);
  const users = await Promise.all(
    Array.from({ length: 3 * QUEUE_LENGTH }, (_, index) =>
      auth.createUser({ email: `u${index}@example.com`, password: PASSWORD }),
    ),
  );
  expect(users).toHaveLength(3 * QUEUE_LENGTH);
});
