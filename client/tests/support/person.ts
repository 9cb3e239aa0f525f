import { EMAIL, PASSWORD } from '../../../tests/support/graphql-client.ts';
import { MINUTE } from '../../../tests/support/manual-clock.ts';
import { passTime } from '../../../tests/support/pass-time.ts';
import type { TestAuth } from '../../../tests/support/start-test-auth.ts';
import { waitUntil } from '../../../tests/support/wait-until.ts';
import { adapterOf } from '../../src/adapter.ts';
import { AuthUnavailableError, type TokenDelivery } from '../../src/index.ts';
import { createCookieJar } from './cookie-jar.ts';
import { createNetwork, type Network } from './network.ts';
import type { Tab, useBrowsers } from './use-tabs.ts';

export const MOST_TABS = 4;
const ME = '{ me { email } }';
const CREDENTIALS = { email: EMAIL, password: PASSWORD };

/** One step of a history. */
export type Step =
  /** Sends several operations at once in one tab. */
  | { readonly does: 'ASK'; readonly tab: number; readonly count: number }
  | { readonly does: 'ASK_IN_ALL_TABS' }
  /** Time passes, also in the middle of operations: the machine sleeps. */
  | { readonly does: 'WAIT'; readonly by: number; readonly isBusy: boolean }
  /** Sets the machine's clock. No time passes. */
  | { readonly does: 'SET_CLOCK'; readonly by: number }
  /** Loses the answers of the next refreshes after the server has done them. */
  | { readonly does: 'LOSE_ANSWERS'; readonly count: number }
  /** Reloads a tab that waits for the answer of a refresh that the server has done. */
  | { readonly does: 'RELOAD_IN_THE_MIDDLE'; readonly tab: number }
  | { readonly does: 'RELOAD'; readonly tab: number }
  | { readonly does: 'OPEN' }
  | { readonly does: 'CLOSE'; readonly tab: number }
  /** Logs out and in again while the tabs are busy. */
  | { readonly does: 'LOG_OUT_AND_IN'; readonly tab: number; readonly isBusy: boolean }
  | { readonly does: 'GO_AWAY' }
  | { readonly does: 'COME_BACK' };

/** The properties of a browser. */
export interface Setting {
  readonly delivery: TokenDelivery;
  readonly hasLocks: boolean;
  /** Whether a lost answer has set its cookies. */
  readonly areLostCookiesKept: boolean;
}

/** A user with a browser, who logs in once and must stay logged in. */
export class Person {
  readonly #server: TestAuth;
  readonly #network: Network;
  readonly #openTab: () => Tab;
  readonly #tabs: Tab[] = [];
  #sessionId: string | null = null;
  /** The error of the machine's clock in milliseconds. */
  #offset = 0;
  /** If true, an operation may fail because an answer was lost. */
  #isNetworkBad = false;

  constructor(server: TestAuth, openBrowser: ReturnType<typeof useBrowsers>, setting: Setting) {
    const { delivery, hasLocks, areLostCookiesKept } = setting;
    this.#server = server;
    this.#network = createNetwork(areLostCookiesKept ? createCookieJar().fetch : fetch);
    const browser = openBrowser({
      url: `${server.url}/graphql`,
      fetch: areLostCookiesKept ? this.#network.fetch : createCookieJar(this.#network.fetch).fetch,
      clock: { now: () => server.clock.now() + this.#offset, monotonic: () => server.clock.monotonic() },
      delivery,
      ...(hasLocks ? {} : { locks: null }),
    });
    this.#openTab = () => browser.openTab();
  }

  async logIn(): Promise<void> {
    const first = this.#openTab();
    await first.login(CREDENTIALS);
    this.#tabs.push(first);
    this.#sessionId = first.getState().sessionId;
  }

  async take(step: Step): Promise<void> {
    const network = this.#network;
    const index = 'tab' in step ? step.tab % this.#tabs.length : 0;
    const one = this.#tabs[index] as Tab;
    switch (step.does) {
      case 'ASK':
        await Promise.all(Array.from({ length: step.count }, () => this.#ask(one)));
        break;
      case 'ASK_IN_ALL_TABS':
        await Promise.all(this.#tabs.map((each) => this.#ask(each)));
        break;
      case 'WAIT': {
        // The server's clock jumps too, so it may answer SERVICE_UNAVAILABLE until it has read the blacklist.
        const asked = (step.isBusy ? this.#tabs : []).map((each) => each.request(ME).catch(() => undefined));
        await passTime(this.#server, step.by);
        await Promise.all(asked);
        break;
      }
      case 'SET_CLOCK':
        this.#offset += step.by;
        break;
      case 'LOSE_ANSWERS':
        network.loseAnswers(step.count);
        this.#isNetworkBad = true;
        break;
      case 'RELOAD_IN_THE_MIDDLE': {
        const reached = network.holdBackNextAnswer();
        await Promise.race([reached, one.refresh().catch(() => undefined)]);
        network.letThrough();
        this.#reload(index);
        break;
      }
      case 'RELOAD':
        this.#reload(index);
        break;
      case 'OPEN':
        if (this.#tabs.length < MOST_TABS) this.#tabs.push(this.#openTab());
        break;
      case 'CLOSE':
        if (this.#tabs.length > 1) this.#tabs.splice(index, 1)[0]?.close();
        break;
      case 'LOG_OUT_AND_IN':
        await this.#logOutAndIn(one, step.isBusy);
        break;
      case 'GO_AWAY':
        network.goAway();
        this.#isNetworkBad = true;
        break;
      case 'COME_BACK':
        network.comeBack();
        break;
    }
  }

  /** Expects every tab to go on with the last session once the network is back. */
  async expectToGoOn(): Promise<void> {
    this.#mendNetwork();
    // A refresh that started earlier and lost its answers may still fail once.
    await Promise.all(
      this.#tabs.map((each) =>
        adapterOf(each)
          .prepare()
          .catch(() => undefined),
      ),
    );
    for (const wait of [0, 16 * MINUTE]) {
      await passTime(this.#server, wait);
      await Promise.all(this.#tabs.map((each) => this.#ask(each)));
    }
    for (const each of this.#tabs)
      expect(each.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId: this.#sessionId });
    for (const each of this.#tabs) each.close();
  }

  async #logOutAndIn(one: Tab, isBusy: boolean): Promise<void> {
    this.#mendNetwork();
    const asked = (isBusy ? this.#tabs : []).map((each) => each.request(ME).catch(() => undefined));
    await one.logout();
    await Promise.all(asked);
    await waitUntil(() => this.#tabs.every((each) => each.getState().status === 'LOGGED_OUT'));
    for (const each of this.#tabs) expect((await each.request(ME)).data).toEqual({ me: null });

    await one.login(CREDENTIALS);
    this.#sessionId = one.getState().sessionId;
    await waitUntil(() => this.#tabs.every((each) => each.getState().sessionId === this.#sessionId));
  }

  #mendNetwork(): void {
    this.#network.comeBack();
    this.#network.letThrough();
    this.#isNetworkBad = false;
  }

  #reload(index: number): void {
    this.#tabs[index]?.close();
    this.#tabs[index] = this.#openTab();
  }

  async #ask(from: Tab): Promise<void> {
    try {
      expect(await from.request(ME)).toEqual({ data: { me: { email: EMAIL } } });
    } catch (error) {
      if (!(error instanceof AuthUnavailableError) || !this.#isNetworkBad) throw error;
    }
  }
}
