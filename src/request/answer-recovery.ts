import { requestPasswordReset } from '../accounts/request-password-reset.ts';
import { type PasswordReset, resetPassword } from '../accounts/reset-password.ts';
import type { TokenDelivery } from '../delivery.ts';
import type { DeliveredTokenPair } from './answer-cookies.ts';
import { deliverLogin } from './answer-tokens.ts';
import type { RequestScope } from './request-scope.ts';

/** @returns the id of the request. */
export async function answerPasswordResetRequest(scope: RequestScope, email: string): Promise<string> {
  const { languages } = scope.mailServices;
  return requestPasswordReset(scope.mailServices, { email, language: scope.languageOf(languages) }, scope.device);
}

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
