import { resolveSettings, type Settings } from 'graphql-simplejwt';
import { type Environment, readEnvironment, StartError } from '../environment.ts';
import { parseArguments } from './arguments.ts';
import { type ClientSetup, judgeClientSetups } from './client-setups.ts';
import { examine, type Finding } from './findings.ts';

/** Reports which client setups work with the configuration, and what is wrong with it. Changes nothing. */
export async function runDoctor(args: readonly string[]): Promise<void> {
  const environment = readEnvironment();
  const settings = resolveSettings(environment.settings);
  const apiUrl = addressOf(args, environment, settings);
  const setups = judgeClientSetups(apiUrl, settings);
  const findings = await examine(apiUrl, setups, environment, settings);
  console.log(report(apiUrl, setups, findings));
  if (findings.some(({ grade }) => grade === 'fault')) process.exitCode = 1;
}

/** The address of the API: the given one, or the issuer if it is a URL. */
function addressOf(args: readonly string[], { host, port }: Environment, { issuer }: Settings): URL {
  const { url: given } = parseArguments('doctor [--url https://api.example.com]', args, { url: { type: 'string' } });
  const url = URL.parse(given ?? issuer) ?? URL.parse(`http://${host}:${port}`);
  if (url === null || !/^https?:$/.test(url.protocol) || (given !== undefined && URL.parse(given) === null))
    throw new StartError(['--url: must be an address such as https://api.example.com']);
  return url;
}

const MARKS = { ok: 'ok     ', note: 'note   ', warning: 'warning', fault: 'FAULT  ' } as const;

function report(apiUrl: URL, setups: readonly ClientSetup[], findings: readonly Finding[]): string {
  const isFaulty = findings.some(({ grade }) => grade === 'fault');
  return [
    `Clients use ${apiUrl.origin}. Pass --url if they use another address.`,
    '',
    ...setups.map(
      ({ relation, origin, delivery, outcome, reason }) =>
        `${relation.padEnd(11)} ${delivery.padEnd(14)} ${outcome}${origin === null ? '' : `, from ${origin}`}${reason === '' ? '' : `: ${reason}`}`,
    ),
    '',
    ...findings.map(({ grade, about, text }) => `${MARKS[grade]} ${about}: ${text}`),
    '',
    isFaulty ? 'Problems found.' : 'No problems found.',
  ].join('\n');
}
