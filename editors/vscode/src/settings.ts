/** The editor's settings: those of this extension, and those that the server gets. */

import { commands, env, workspace } from 'vscode';

export const SECTION = 'preceptor';

/** What the server must not get: it refuses keys that are not its own. */
const ownKeys: ReadonlySet<string> = new Set(['path', 'transcript.open']);

export type ServerSettings = { [key: string]: unknown };

/** The path of the program; empty if the person named none. */
export function programPath(): string {
  return workspace.getConfiguration(SECTION).get('path', '').trim();
}

/** Whether a transcript opens when a request starts. */
export function opensTranscripts(): boolean {
  return workspace.getConfiguration(SECTION).get('transcript.open') !== 'never';
}

/** Shows settings where they can be set: those of a machine belong to the one that works. */
export async function openSettings(query: string): Promise<void> {
  const where = env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings';
  await commands.executeCommand(`workbench.action.${where}`, { query });
}

/** Names of the settings that the manifest contributes for the server, without the section. */
export function serverKeys(manifest: unknown): string[] {
  const contributed = manifest as {
    contributes: { configuration: { properties: Record<string, unknown> }[] };
  };
  return contributed.contributes.configuration
    .flatMap(group => Object.keys(group.properties))
    .map(key => key.slice(SECTION.length + 1))
    .filter(key => !ownKeys.has(key));
}

/**
 * The settings that somebody set, nested as the server reads them; `null` if there are none. What is
 * unset stays out, since the person's `config.toml` decides about that.
 */
export function serverSettings(keys: readonly string[]): ServerSettings | null {
  const configuration = workspace.getConfiguration(SECTION);
  const settings: ServerSettings = {};
  for (const key of keys) {
    const { globalValue, workspaceValue, workspaceFolderValue } = configuration.inspect(key) ?? {};
    const isSet = (globalValue ?? workspaceValue ?? workspaceFolderValue) !== undefined;
    const value: unknown = configuration.get(key);
    // An empty string and `null` are how the settings editor has a value taken back.
    if (isSet && value !== '' && value !== null) {
      nest(settings, key.split('.'), value);
    }
  }
  return Object.keys(settings).length === 0 ? null : settings;
}

function nest(settings: ServerSettings, [head, ...rest]: string[], value: unknown): void {
  if (head === undefined) {
    return;
  }
  if (rest.length === 0) {
    settings[head] = value;
    return;
  }
  const inner = (settings[head] ?? {}) as ServerSettings;
  settings[head] = inner;
  nest(inner, rest, value);
}
