import type { Screen } from '../accounts/screen.ts';
import Negotiator from 'negotiator';
import type { MailServices } from '../accounts/mail-services.ts';
import type { AccountServices } from '../accounts/services.ts';
import type { UserKeeping } from '../accounts/user-keeping.ts';
import { TokenDelivery } from '../delivery.ts';
import { type Device, describeDevice } from '../device.ts';
import { BadUserInputError, CsrfRejectedError } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';
import {
  type Authentication,
  authenticate,
  authorize,
  type CurrentUser,
  currentUserOf,
} from '../sessions/authenticate.ts';
import { AnswerCookies } from './answer-cookies.ts';
import { addressOf, type AuthRequest, readCredentials, readHeader, type RequestCredentials } from './credentials.ts';
import type { Csrf } from './csrf.ts';
import { CsrfProof } from './csrf-proof.ts';
import type { CredentialCheck, ScreenCredentials } from './screen-credentials.ts';

/** What the handling of requests works with. */
export interface RequestServices extends AccountServices {
  readonly users: UserKeeping;
  readonly csrf: Csrf;
  readonly screenCredentials: ScreenCredentials | null;
  /** Null if no mail is sent. */
  readonly mail: MailServices | null;
}

/** One request, as the resolvers and guards of this library see it. Its parts are made when they are first used. */
export class RequestScope {
  readonly services: RequestServices;
  readonly credentials: RequestCredentials;
  readonly authentication: Authentication;
  readonly #request: AuthRequest;
  #device: Device | undefined;
  #proof: CsrfProof | undefined;
  #cookies: AnswerCookies | undefined;

  constructor(services: RequestServices, request: AuthRequest) {
    this.services = services;
    this.#request = request;
    this.credentials = readCredentials(request, services.settings);
    const { cookies } = this.credentials;
    this.authentication = authenticate(services, this.#accessToken, cookies.refresh !== null);
  }

  get device(): Device {
    this.#device ??= describeDevice({
      userAgent: readHeader(this.#request, 'user-agent'),
      ipAddress: addressOf(this.#request),
      language: this.services.mail && this.#languageOf(this.services.mail.languages),
    });
    return this.#device;
  }

  /** @throws TypeError if no mail is sent. */
  get mailServices(): MailServices {
    if (this.services.mail === null) throw new TypeError('There is no mailer.');
    return this.services.mail;
  }

  /** What the host asks of a client beside the credentials. */
  screen(operation: CredentialCheck['operation']): Screen {
    return async (credentials) =>
      this.services.screenCredentials?.({ operation, ...credentials, request: this.#request });
  }

  get proof(): CsrfProof {
    this.#proof ??= new CsrfProof(this.services.codec, this.services.csrf, this.credentials);
    return this.#proof;
  }

  get cookies(): AnswerCookies {
    this.#cookies ??= new AnswerCookies(this.services.csrf, this.credentials, this.proof);
    return this.#cookies;
  }

  /** How the answer may deliver tokens: in cookies only to a trusted page. */
  get deliveries(): readonly TokenDelivery[] {
    return this.credentials.mayReceiveCookies ? Object.values(TokenDelivery) : [TokenDelivery.BODY];
  }

  /**
   * Checks the delivery that a client requests at login, before anything is done.
   *
   * @param isOriginChecked whether the host has itself checked where the request comes from.
   * @throws BadUserInputError if the settings do not allow it, or the host does not send cookies.
   * @throws CsrfRejectedError if it needs cookies and no trusted page made the request.
   */
  requireDelivery(delivery: TokenDelivery, isOriginChecked = false): void {
    const isPossible = delivery === TokenDelivery.BODY || this.#request.sendsCookies === true;
    if (!isPossible || !this.services.settings.tokenDelivery.includes(delivery))
      throw new BadUserInputError([{ path: 'input.delivery', reason: InputRefusalReason.DELIVERY_NOT_ALLOWED }]);
    if (!isOriginChecked && !this.deliveries.includes(delivery)) throw new CsrfRejectedError('origin');
  }

  /**
   * What a guard requires of the request. A mutation that a cookie authenticates also needs the CSRF token.
   *
   * @throws UnauthenticatedError, ForbiddenError, CsrfRejectedError or ServiceUnavailableError
   */
  authorize(roles: readonly string[], isMutation: boolean): CurrentUser {
    const user = authorize(this.services, this.authentication, roles);
    if (isMutation && this.#isByCookie) this.proof.requireFor(user.sessionId);
    return user;
  }

  /** The user for fields that are open to everyone. */
  currentUser(): CurrentUser | null {
    return currentUserOf(this.services, this.authentication);
  }

  /** The user of a public mutation. A cookie without the CSRF token does not count. */
  currentUserOfMutation(): CurrentUser | null {
    return this.#isByCookie && !this.proof.proves(this.#accessToken) ? null : this.currentUser();
  }

  /** The language that the client prefers (RFC 9110 section 12.5.4), or the first. */
  #languageOf(languages: readonly string[]): string | null {
    const headers = { 'accept-language': readHeader(this.#request, 'accept-language') ?? undefined };
    return new Negotiator({ headers }).language([...languages]) ?? languages[0] ?? null;
  }

  get #isByCookie(): boolean {
    return this.credentials.bearer === null;
  }

  get #accessToken(): string | null {
    return this.credentials.bearer ?? this.credentials.cookies.access;
  }
}
