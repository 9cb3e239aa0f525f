import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { StartError } from '../environment.ts';

type Values<Config extends ParseArgsOptionsConfig> = {
  [Name in keyof Config]?: Config[Name]['type'] extends 'boolean' ? boolean : string;
};

/**
 * Parses the options of a command.
 *
 * @throws StartError that shows the usage.
 */
export function parseArguments<const Config extends ParseArgsOptionsConfig>(
  usage: string,
  args: readonly string[],
  options: Config,
): Values<Config> {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch {
    throw new StartError([`usage: ${usage}`]);
  }
}
