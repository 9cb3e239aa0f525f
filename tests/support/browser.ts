import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type BrowserServer,
  chromium,
  type LaunchOptions,
} from 'playwright-core';

const PACKAGES = join(import.meta.dirname, '../../node_modules');
const LAUNCH_TIMEOUT = 20_000;

/** A real browser, without a display. */
export interface TestBrowser {
  readonly browser: Browser;
  /** Ends it, by its own handle, whatever it is doing. */
  stop(): Promise<void>;
}

/** Starts Chromium: on Linux the one that npm has brought, elsewhere the Chrome that is installed. */
export async function startBrowser(): Promise<TestBrowser> {
  const server: BrowserServer = await chromium.launchServer({ ...(await whereChromium()), timeout: LAUNCH_TIMEOUT });
  try {
    const browser = await chromium.connect(server.wsEndpoint(), { timeout: LAUNCH_TIMEOUT });
    return { browser, stop: () => server.kill() };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/**
 * Starts Chromium with a profile on disk, so that its data survives a restart. Closing the context closes the browser.
 */
export async function startProfile(folder: string, options: BrowserContextOptions): Promise<BrowserContext> {
  const where = await whereChromium();
  return chromium.launchPersistentContext(folder, { ...where, ...options, timeout: LAUNCH_TIMEOUT });
}

async function whereChromium(): Promise<LaunchOptions> {
  return process.platform === 'linux' ? chromiumOfPackage() : { channel: 'chrome' };
}

/**
 * The package's own flags are not used, because they switch off what the tests are about (`--disable-web-security`, no site
 * isolation). Its libraries replace those that a bare machine lacks.
 */
async function chromiumOfPackage(): Promise<LaunchOptions> {
  const folder = await unpack();
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  };
}

/** The package unpacks into the temporary folder, by the environment of a process: here one of its own. */
const UNPACK = `
  import chromium from '@sparticuz/chromium';
  await chromium.executablePath();
`;

/** Unpacks once for each `npm ci`; of several test files that do so at once, one wins and all use the same. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGES, '@sparticuz/chromium/package.json'), 'utf8')) as {
    version: string;
  };
  const cache = join(PACKAGES, '.cache');
  const folder = join(cache, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'chromium-'));
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK], {
      cwd: PACKAGES,
      // With the name of a platform without libraries, the package brings its own.
      env: { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    });
    writeFileSync(join(draft, 'fonts/fonts.conf'), fontsBelow(join(folder, 'fonts')));
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** The package's own looks in /tmp; without any font Chromium crashes at the first form. */
function fontsBelow(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}</dir><cachedir>${join(folder, 'cache')}</cachedir></fontconfig>
`;
}
