/**
 * Hands the server every setting that the extension contributes: `node settings.ts PRECEPTOR`.
 *
 * The server says nothing if it takes them all. A setting of no server is handed over as well, to see
 * that it would have complained. What the server's schema has and the extension lacks is found too:
 * the extension hands over only what it contributes.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { report } from './steps.ts';

/** What is read of a setting in the manifest. */
interface Setting {
  type: string | string[];
  enum?: string[];
}

/** The part of a JSON schema that is read. */
interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
}

/** The part of vscode-jsonrpc that is used. */
interface Connection {
  onRequest(method: string, answer: (params: unknown) => unknown): void;
  onNotification(method: string, take: (params: unknown) => void): void;
  sendRequest(method: string, params: unknown): Promise<unknown>;
  sendNotification(method: string, params?: unknown): Promise<void>;
  listen(): void;
  dispose(): void;
}

/** Values of the settings that are lists or tables. */
const structured: Record<string, unknown> = {
  billable: [{ tool: 'train', usd_per_hour: 2.5 }],
  'budget.prices': { qwen: { input: 0.1, output: 0.4 } },
  'lint.overrides': [{ paths: ['drafts'], rules: { 'name/invalid': 'off' } }],
  'approval.rules': [{ tool: 'bash', when: { command: 'cargo *' }, decision: 'allow' }],
  'lint.known_tools': ['deploy'],
  'lint.launchers': { 'vllm serve': 'serve_model' },
  'lint.rules': { 'name/invalid': 'warning' },
  'sandbox.environment': ['PATH', 'LC_*'],
  'sandbox.home_folders': ['.cargo/bin'],
  'skills.paths': ['/opt/skills'],
};

/** Settings of the server that do nothing yet: to offer them would be a promise. */
const withoutEffect = [/^mcp$/, /^reflect\./, /^runners$/, /^runs\.(?!dir$)/, /\.tool_mode$/];

/** Milliseconds that the server may take for everything. */
const PATIENCE_MS = 20_000;

const extension = path.join(import.meta.dirname, '../../../editors/vscode');
const [preceptor] = process.argv.slice(2);
if (!preceptor) {
  throw new Error('usage: node settings.ts PRECEPTOR');
}

const settings = readSettings();
const rounds = Math.max(...settings.map(([, setting]) => setting.enum?.length ?? 1));
for (let round = 0; round < rounds; round += 1) {
  const taken = await complaint(nested(settings.map(it => example(it, round))));
  if (taken !== undefined) {
    throw new Error(`the server refuses a setting of the extension: ${taken}`);
  }
}
report(`the server takes all ${settings.length} settings`);
const names = new Set(settings.map(([name]) => name));
const missing = schemaNames().filter(
  name => !names.has(name) && !withoutEffect.some(pattern => pattern.test(name)),
);
if (missing.length > 0) {
  throw new Error(`the extension does not hand over: ${missing.join(', ')}`);
}
report('the extension has all settings of the server that do something');
const refused = await complaint({ student: { colour: 'red' } });
if (!refused?.includes('student.colour')) {
  throw new Error(`the server does not refuse an unknown setting: ${refused}`);
}
report('it refuses one that it does not know');

/** The settings of the manifest that are the server's: all that have a table. */
function readSettings(): [string, Setting][] {
  const manifest = JSON.parse(readFileSync(path.join(extension, 'package.json'), 'utf8'));
  const groups: { properties: Record<string, Setting> }[] = manifest.contributes.configuration;
  const own = new Set(['path', 'transcript.open']);
  return groups
    .flatMap(group => Object.entries(group.properties))
    .map(([name, setting]): [string, Setting] => [name.replace(/^preceptor\./, ''), setting])
    .filter(([name]) => !own.has(name));
}

/** The names of all settings in the server's schema; a table with keys of any name is one setting. */
function schemaNames(): string[] {
  const text = execFileSync(preceptor ?? '', ['schema'], { encoding: 'utf8' });
  const schema = JSON.parse(text) as Schema;
  return names(schema, []);

  function names(part: Schema, path: string[]): string[] {
    const definition = part.$ref?.split('/').pop();
    const whole = definition === undefined ? part : schema.$defs?.[definition];
    const properties = Object.entries(whole?.properties ?? {});
    return properties.length === 0
      ? [path.join('.')]
      : properties.flatMap(([name, inner]) => names(inner, [...path, name]));
  }
}

/** A value of the setting's type; of an enumeration, another one in each round. */
function example([name, setting]: [string, Setting], round: number): [string, unknown] {
  // The empty value stands for none and is not sent.
  const choices = setting.enum?.filter(it => it !== '') ?? [];
  if (choices.length > 0) {
    return [name, choices[round % choices.length]];
  }
  const values: Record<string, unknown> = { boolean: true, integer: 7, number: 0.5, string: 'words' };
  const [type = ''] = [setting.type].flat();
  return [name, structured[name] ?? values[type]];
}

function nested(values: [string, unknown][]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const keys = name.split('.');
    const last = keys.pop() ?? name;
    let table = root;
    for (const key of keys) {
      table = (table[key] ??= {}) as Record<string, unknown>;
    }
    table[last] = value;
  }
  return root;
}

/** Starts a server with these settings; returns what it tells the person about them. */
async function complaint(values: Record<string, unknown>): Promise<string | undefined> {
  const home = mkdtempSync(path.join(tmpdir(), 'preceptor-settings-'));
  const env = { PATH: process.env['PATH'], HOME: home };
  const server = spawn(preceptor ?? '', ['lsp'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const timer = setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS);
  const require = createRequire(path.join(extension, 'package.json'));
  const rpc = require('vscode-jsonrpc/node');
  const connection: Connection = rpc.createMessageConnection(server.stdout, server.stdin);
  let message: string | undefined;
  // The server registers for changes once it has read the settings.
  const read = new Promise<void>((resolve, reject) => {
    connection.onRequest('client/registerCapability', () => resolve());
    server.once('exit', () => reject(new Error('the server ended before it read the settings')));
  });
  connection.onRequest('workspace/configuration', () => [values]);
  connection.onNotification('window/showMessage', params => {
    message = (params as { message: string }).message;
  });
  connection.listen();
  const capabilities = {
    workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
  };
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities,
  });
  await connection.sendNotification('initialized', {});
  await read;
  // Messages come in order: an answer after this one has passed any complaint.
  await connection.sendRequest('shutdown', undefined);
  const ended = new Promise(resolve => server.once('exit', resolve));
  await connection.sendNotification('exit');
  await ended;
  clearTimeout(timer);
  connection.dispose();
  rmSync(home, { recursive: true, force: true });
  return message;
}
