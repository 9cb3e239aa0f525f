import { type PasswordReset, resetPassword } from '../accounts/reset-password.ts';
import { type EmailProof, verifyEmail } from '../accounts/verify-email.ts';
import type { GivenCode } from '../accounts/check-code.ts';
import { loginWithCode } from '../accounts/login-with-code.ts';
import type { TokenDelivery } from '../delivery.ts';
import type { AuthUser } from '../users/auth-user.ts';
import type { DeliveredTokenPair } from './answer-cookies.ts';
import { deliverLogin } from './answer-tokens.ts';
import type { RequestScope } from './request-scope.ts';

export async function answerPasswordReset(
  scope: RequestScope,
  { code, requestId, newPassword }: PasswordReset,
  delivery: TokenDelivery,
): Promise<DeliveredTokenPair> {
  scope.requireDelivery(delivery);
  const opening = { device: scope.device, delivery };
  const screen = scope.screen('resetPassword');
  const pair = await resetPassword(scope.mailServices, { code, requestId, newPassword }, opening, screen);
  return deliverLogin(scope, pair);
}

export async function answerCodeLogin(
  scope: RequestScope,
  given: GivenCode,
  delivery: TokenDelivery,
): Promise<DeliveredTokenPair> {
  scope.requireDelivery(delivery);
  const pair = await loginWithCode(scope.mailServices, given, { device: scope.device, delivery });
  return deliverLogin(scope, pair);
}

export async function answerEmailProof(scope: RequestScope, proof: EmailProof): Promise<AuthUser> {
  return verifyEmail(scope.mailServices, scope.currentUserOfMutation(), proof, scope.device);
}
