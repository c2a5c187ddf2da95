/** Puts the parts together when the editor starts the extension. */

import { type ExtensionContext, Uri, window, workspace } from 'vscode';

import { Commands } from './commands';
import { Permissions } from './permissions';
import { Runs } from './runs';
import { Server } from './server';
import { SECTION } from './settings';
import { StatusBar } from './statusBar';
import { Transcripts } from './transcripts';

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel('Preceptor', { log: true });
  const permissions = new Permissions();
  const runs = new Runs();
  const transcripts = new Transcripts();
  const started = new Server(context, log, {
    askPermission: (request, token) => permissions.ask(request, token),
    onEvent: event => {
      runs.apply(event);
      transcripts.refresh(event.runId);
    },
    onStartedTurn: async turn => {
      runs.started(turn);
      await transcripts.turnStarted(turn.runId, Uri.parse(turn.transcriptUri));
      await permissions.revealCalls();
    },
    showTranscript: async file => {
      const run = runs.all().find(it => it.transcript?.toString() === file.toString());
      await (run && transcripts.show(run.runId, file));
      return run !== undefined;
    },
  });
  server = started;
  const statusBar = new StatusBar(started, runs);
  context.subscriptions.push(
    log,
    permissions,
    runs,
    transcripts,
    started,
    statusBar,
    new Commands(started, runs, transcripts, log),
    runs.onDidChange(() => statusBar.update()),
    started.onDidChange(() => {
      if (started.state === 'stopped') {
        runs.clear();
      }
      statusBar.update();
    }),
    workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration(`${SECTION}.path`)) {
        void started.restart();
      }
    }),
  );
  await started.restart();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
  server = undefined;
}
