/** Starts the server, keeps the client's side of the protocol, and runs the server's commands. */

import {
  type CancellationToken,
  commands,
  type Disposable,
  type DocumentSymbol,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type SymbolInformation,
  SymbolKind,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import {
  type ClientCapabilities,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  State,
  type StaticFeature,
} from 'vscode-languageclient/node';

import { withoutRepetition } from './completions';
import { findProgram, NoProgram, type Program } from './program';
import {
  isStartedTurn,
  needsTrust,
  type PermissionAnswer,
  type PermissionRequest,
  type RunEvent,
  requestPermission,
  runEvent,
  type ServerCommands,
  type StartedTurn,
  saveDocument,
} from './protocol';
import { openSettings, programPath, SECTION, serverKeys, serverSettings } from './settings';

export type ServerState = 'starting' | 'running' | 'stopped' | 'failed';

/** What the rest of the extension does for the server. */
export interface Host {
  onEvent(event: RunEvent): void;
  onStartedTurn(turn: StartedTurn): Promise<void>;
  askPermission: (
    request: PermissionRequest,
    token: CancellationToken,
  ) => Promise<PermissionAnswer>;
  /** Shows a file if it is the transcript of a run, and tells whether it is. */
  showTranscript: (file: Uri) => Promise<boolean>;
}

export class Server implements Disposable {
  program: Program | undefined;
  state: ServerState = 'stopped';

  private client: LanguageClient | undefined;
  private readonly keys: string[];
  private readonly changed = new EventEmitter<void>();
  /** Starting and stopping, one after the other. */
  private transition: Promise<void> = Promise.resolve();

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
    private readonly host: Host,
  ) {
    this.keys = serverKeys(context.extension.packageJSON);
  }

  /** Starts the server anew, also where none runs. */
  restart(): Promise<void> {
    this.transition = this.transition.then(async () => {
      await this.end();
      await this.begin();
    });
    return this.transition;
  }

  stop(): Promise<void> {
    this.transition = this.transition.then(() => this.end());
    return this.transition;
  }

  /** Whether the server that runs has a command. */
  has(command: keyof ServerCommands): boolean {
    const provider = this.client?.initializeResult?.capabilities.executeCommandProvider;
    return provider?.commands.includes(command) ?? false;
  }

  /** Runs a command of the server. The person is told why one fails; the answer is then missing. */
  async execute<C extends keyof ServerCommands>(
    command: C,
    argument: ServerCommands[C][0],
  ): Promise<ServerCommands[C][1] | undefined> {
    return (await this.executeAny(command, [argument])) as ServerCommands[C][1] | undefined;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async begin(): Promise<void> {
    this.setState('starting');
    try {
      this.program = await findProgram(programPath(), this.context.extensionPath);
      const { path, version, origin } = this.program;
      this.log.info(`starting ${path} (version ${version}, from the ${origin})`);
      this.client = this.createClient(path);
      await this.client.start();
    } catch (error) {
      this.setState('failed');
      this.log.error(error instanceof Error ? error : String(error));
      // Nothing waits for the person's answer: it may never come.
      void this.complain(error);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.program = undefined;
    if (client?.needsStop()) {
      try {
        await client.stop();
      } catch (error) {
        this.log.warn(`the server did not stop in order: ${String(error)}`);
      }
    }
    this.setState('stopped');
  }

  private createClient(program: string): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: [{ scheme: 'file' }],
      outputChannel: this.log,
      middleware: {
        executeCommand: async (command, args: unknown[]) => {
          const asked = await this.completed(command, args);
          return asked && (await this.executeAny(command, asked));
        },
        provideCompletionItem: (document, position, context, token, next) =>
          withoutRepetition(document, position, context, async () =>
            next(document, position, context, token),
          ),
        provideDocumentSymbols: async (document, token, next) => {
          const symbols = (await next(document, token)) ?? [];
          return isSkill(document) ? withoutSections(symbols) : symbols;
        },
        window: {
          showDocument: async (params, token, next) => {
            const isShown = await this.host.showTranscript(Uri.parse(params.uri));
            return isShown ? { success: true } : next(params, token);
          },
        },
        workspace: {
          configuration: ({ items }) =>
            items.map(({ section }) => (section === SECTION ? serverSettings(this.keys) : null)),
          didChangeConfiguration: () => this.pushSettings(client),
        },
      },
    };
    const executable = { command: program, args: ['lsp'] };
    const client = new LanguageClient(SECTION, 'Preceptor', executable, options);
    client.registerFeature(announcement);
    client.onNotification(runEvent, event => this.host.onEvent(event));
    client.onRequest(requestPermission, this.host.askPermission);
    client.onRequest(saveDocument, ({ uri }) => save(Uri.parse(uri)));
    client.onDidChangeState(({ newState }) => {
      if (client === this.client) {
        this.setState(stateNames[newState]);
      }
    });
    return client;
  }

  /** What actions and lenses leave for the person to say; `undefined` if the person takes it back. */
  private async completed(command: string, args: unknown[]): Promise<unknown[] | undefined> {
    const [argument] = args;
    if (command !== 'preceptor.proposal.reject' || !isUnexplained(argument)) {
      return args;
    }
    const reason = await window.showInputBox({
      title: 'Reject the proposal',
      prompt: 'Why? The teacher is told when it writes about similar work. It may stay empty.',
      ignoreFocusOut: true,
    });
    return reason === undefined ? undefined : [{ ...argument, reason: reason.trim() }];
  }

  /** The client's own way would send the whole section, with what is not the server's. */
  private async pushSettings(client: LanguageClient): Promise<void> {
    const settings = { [SECTION]: serverSettings(this.keys) };
    try {
      await client.sendNotification('workspace/didChangeConfiguration', { settings });
    } catch (error) {
      // A change of the program's path ends this server; the next one asks for its settings.
      this.log.debug(`the settings did not reach the server: ${String(error)}`);
    }
  }

  private async executeAny(command: string, args: unknown[]): Promise<unknown> {
    if (needsTrust(command) && !workspace.isTrusted) {
      await explainTrust();
      return undefined;
    }
    if (this.client === undefined || this.state !== 'running') {
      await this.complain(new NoProgram('The server of Preceptor does not run.'));
      return undefined;
    }
    let answer: unknown;
    try {
      const params = { command, arguments: args };
      answer = await this.client.sendRequest(ExecuteCommandRequest.type, params);
    } catch (error) {
      this.log.error(`${command} failed: ${String(error)}`);
      const reason = error instanceof Error ? error.message : String(error);
      void window.showErrorMessage(`Preceptor: ${reason}`);
      return undefined;
    }
    if (isStartedTurn(answer)) {
      void this.host.onStartedTurn(answer);
    }
    return answer;
  }

  private async complain(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const buttons = ['Open Settings', 'Try Again', 'Show Log'] as const;
    const chosen = await window.showErrorMessage(`Preceptor: ${reason}`, ...buttons);
    if (chosen === 'Open Settings') {
      await openSettings(`${SECTION}.path`);
    } else if (chosen === 'Try Again') {
      await this.restart();
    } else if (chosen === 'Show Log') {
      this.log.show();
    }
  }

  private setState(state: ServerState): void {
    this.state = state;
    this.changed.fire();
  }
}

const stateNames: Record<State, ServerState> = {
  [State.Starting]: 'starting',
  [State.Running]: 'running',
  [State.Stopped]: 'stopped',
  [State.StartFailed]: 'failed',
};

/** Tells the server which of its own methods this client answers. */
const announcement: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const preceptor = { events: true, permissions: true, save: true };
    const others = capabilities.experimental as Record<string, unknown> | undefined;
    capabilities.experimental = { ...others, preceptor };
  },
  initialize(): void {},
  getState: () => ({ kind: 'static' }),
  clear(): void {},
};

/** Saves an open document, so that commands run on what the person sees. */
async function save(uri: Uri): Promise<{ saved: boolean }> {
  const document = workspace.textDocuments.find(it => it.uri.toString() === uri.toString());
  return { saved: document !== undefined && (!document.isDirty || (await document.save())) };
}

function isUnexplained(argument: unknown): argument is object {
  return typeof argument === 'object' && argument !== null && !('reason' in argument);
}

function isSkill(document: TextDocument): boolean {
  return document.uri.path.endsWith('/SKILL.md');
}

/** VS Code has the sections from Markdown itself, and would list them twice. */
function withoutSections(
  symbols: SymbolInformation[] | DocumentSymbol[],
): SymbolInformation[] | DocumentSymbol[] {
  const isField = ({ kind }: { kind: SymbolKind }) => kind !== SymbolKind.String;
  // The types of the two lists have no filter in common.
  return (symbols as DocumentSymbol[]).filter(isField);
}

async function explainTrust(): Promise<void> {
  const button = 'Manage Workspace Trust';
  const chosen = await window.showWarningMessage(
    'Preceptor runs requests only in folders that you trust: its tools edit files and run commands.',
    button,
  );
  if (chosen === button) {
    await commands.executeCommand('workbench.trust.manage');
  }
}
