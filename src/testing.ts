export {
  createTestAuth,
  type SignInOptions,
  type TestAuth,
  type TestAuthOptions,
  type TestSession,
  type TestUser,
} from './testing/create-test-auth.ts';
export { TestClock } from './testing/test-clock.ts';
export { type TestMail, TestOutbox } from './testing/test-outbox.ts';
