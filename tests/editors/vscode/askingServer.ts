/**
 * A server that only asks: each `preceptor.run` becomes one `preceptor/requestPermission`.
 *
 * What the client answers is written to the file that the variable ANSWERS names, one JSON value a
 * line. The prompt is the command that waits. `node askingServer.ts --version` answers as
 * Preceptor does.
 */

import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

if (process.argv.includes('--version')) {
  process.stdout.write('preceptor 0.0.0\n');
  process.exit(0);
}

/** The part of vscode-jsonrpc that is used. */
interface Connection {
  onRequest(method: string, answer: (params: never) => unknown): void;
  onNotification(method: string, take: () => void): void;
  sendRequest(method: string, params: unknown): Promise<unknown>;
  sendNotification(method: string, params: unknown): Promise<void>;
  listen(): void;
}

const options = [
  { id: 'allow_once', title: 'Allow Once' },
  { id: 'allow_run', title: 'Allow for This Run' },
  { id: 'reject', title: 'Reject' },
];

const extension = path.join(import.meta.dirname, '../../../editors/vscode');
const require = createRequire(path.join(extension, 'package.json'));
const connection: Connection = require('vscode-jsonrpc/node').createMessageConnection(
  process.stdin,
  process.stdout,
);
const answers = process.env['ANSWERS'] ?? '/dev/null';
let runs = 0;

connection.onRequest('initialize', () => ({
  capabilities: { executeCommandProvider: { commands: ['preceptor.run'] } },
}));
connection.onRequest(
  'workspace/executeCommand',
  ({ arguments: [{ prompt }] }: { arguments: [{ prompt: string }] }) => {
    runs += 1;
    const runId = `run-${runs}`;
    void ask(runId, prompt.replaceAll('\\n', '\n'));
    return { runId, turn: 1 };
  },
);
connection.onRequest('shutdown', () => null);
connection.onNotification('exit', () => process.exit(0));
connection.listen();

async function ask(runId: string, command: string): Promise<void> {
  const event = { runId, turn: 1, seq: 1, time: '', teacher: false };
  const call = { tool: 'bash', arguments: { command }, toolCallId: `call-${runId}` };
  const waits = { tools: [call], count: 1 };
  await connection.sendNotification('preceptor/event', {
    ...event,
    type: 'approval_required',
    data: waits,
  });
  let answer: unknown;
  try {
    const title = 'Run a command';
    const reason = 'commands ask';
    const request = { ...call, runId, title, reason, options };
    answer = await connection.sendRequest('preceptor/requestPermission', request);
  } catch (error) {
    answer = { error: String(error) };
  }
  appendFileSync(answers, `${JSON.stringify(answer)}\n`);
  await connection.sendNotification('preceptor/event', {
    ...event,
    seq: 2,
    type: 'interrupted',
    data: {},
  });
}
