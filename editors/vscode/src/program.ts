/** Finds the `preceptor` program: the one that the settings name, a bundled one, one on the PATH. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';

/** A program that answered to `--version`. */
export interface Program {
  path: string;
  version: string;
  /** Where it was found, for the log. */
  origin: 'settings' | 'extension' | 'PATH';
}

/** Why there is no program, as a sentence for a person. */
export class NoProgram extends Error {}

const run = promisify(execFile);

/** Milliseconds that `--version` may take; a first start from a slow disk takes seconds. */
const VERSION_TIMEOUT_MS = 10_000;

const fileName = process.platform === 'win32' ? 'preceptor.exe' : 'preceptor';

/**
 * A path in the settings is used or complained about: falling back to another program would hide a
 * mistake.
 */
export async function findProgram(configuredPath: string, extensionPath: string): Promise<Program> {
  if (configuredPath !== '') {
    const expanded = configuredPath.replace(/^~(?=$|[/\\])/, homedir());
    if (!path.isAbsolute(expanded)) {
      throw new NoProgram(`The setting preceptor.path has to be an absolute path: ${expanded}`);
    }
    return { path: expanded, version: await version(expanded), origin: 'settings' };
  }
  const bundled = path.join(extensionPath, 'bin', fileName);
  if (await isExecutable(bundled)) {
    return { path: bundled, version: await version(bundled), origin: 'extension' };
  }
  // Relative folders on the PATH depend on where the editor was started: a workspace could be it.
  const folders = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter(it => path.isAbsolute(it));
  for (const folder of folders) {
    const candidate = path.join(folder, fileName);
    if (await isExecutable(candidate)) {
      return { path: candidate, version: await version(candidate), origin: 'PATH' };
    }
  }
  throw new NoProgram(
    'The program preceptor was not found. Install it, or name its path in the settings.',
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function version(program: string): Promise<string> {
  let output: string;
  try {
    ({ stdout: output } = await run(program, ['--version'], { timeout: VERSION_TIMEOUT_MS }));
  } catch (error) {
    throw new NoProgram(`${program} cannot be run: ${reasonOf(error)}`);
  }
  const version = /^preceptor (\S+)/.exec(output)?.[1];
  if (version === undefined) {
    throw new NoProgram(`${program} is not Preceptor: it calls itself “${output.trim()}”.`);
  }
  return version;
}

/** The errors that wrong paths lead to in words; others as they call themselves. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file.';
    case 'EACCES':
      return 'it is no file that may be executed.';
    default:
      return error.message.trim();
  }
}
