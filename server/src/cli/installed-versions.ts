import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import library from 'graphql-simplejwt/package.json' with { type: 'json' };
import { satisfies } from 'semver';

interface Manifest {
  readonly version: string;
}

/** A package whose installed version does not fit the library. */
export interface WrongVersion {
  readonly name: string;
  readonly installed: string;
  readonly needed: string;
}

/** The peers of the library that the packages of a folder would find, where their version does not fit. */
export function findWrongVersions(folder: string): WrongVersion[] {
  return Object.entries(library.peerDependencies).flatMap(([name, needed]) => {
    const installed = findManifest(folder, name)?.version;
    if (installed === undefined || satisfies(installed, needed, { includePrerelease: true })) return [];
    return [{ name, installed, needed }];
  });
}

/** Looks where Node would: in `node_modules` of the folder and of those above it. */
function findManifest(folder: string, name: string): Manifest | null {
  const manifest = readManifest(join(folder, 'node_modules', name, 'package.json'));
  if (manifest !== null || dirname(folder) === folder) return manifest;
  return findManifest(dirname(folder), name);
}

function readManifest(file: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch {
    return null;
  }
}
