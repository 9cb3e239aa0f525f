import { requestMail } from '../accounts/request-mail.ts';
import { type PasswordReset, resetPassword } from '../accounts/reset-password.ts';
import { type EmailProof, verifyEmail } from '../accounts/verify-email.ts';
import type { TokenDelivery } from '../delivery.ts';
import type { MailPurpose } from '../mail/mail.entity.ts';
import type { AuthUser } from '../users/auth-user.ts';
import type { DeliveredTokenPair } from './answer-cookies.ts';
import { deliverLogin } from './answer-tokens.ts';
import type { RequestScope } from './request-scope.ts';

/** @returns the id of the request. */
export async function answerMailRequest(scope: RequestScope, purpose: MailPurpose, email: string): Promise<string> {
  const language = scope.languageOf(scope.mailServices.languages);
  return requestMail(scope.mailServices, { purpose, email, language }, scope.device);
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

export async function answerEmailProof(scope: RequestScope, proof: EmailProof): Promise<AuthUser> {
  return verifyEmail(scope.mailServices, scope.currentUserOfMutation(), proof, scope.device);
}
