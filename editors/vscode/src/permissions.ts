/** Asks the person whether a tool call may run. */

import {
  type CancellationToken,
  commands,
  type Disposable,
  EventEmitter,
  TabInputText,
  TabInputTextDiff,
  Uri,
  ViewColumn,
  window,
  workspace,
} from 'vscode';
import { LSPErrorCodes, ResponseError } from 'vscode-languageclient/node';

import type {
  PermissionAnswer,
  PermissionOptionId,
  PermissionRequest,
  PlannedChange,
} from './protocol';

/** Scheme of the documents that show calls too long for a message, and what files would become. */
const SCHEME = 'preceptor-call';

/** Longest call that a message shows, in characters. A message has neither lines nor a scroll bar. */
const MESSAGE_CHARS = 160;

/** A message with buttons that waits for the person. */
interface Question {
  readonly text: string;
  readonly buttons: Button[];
  /** Takes the person's choice; `undefined` if the message was closed. */
  readonly answer: (chosen: Button | undefined) => void;
  /** How often it was shown. */
  times: number;
}

interface Button {
  title: string;
  /** The server's option, or that the person changes the command first. */
  id: PermissionOptionId | 'edit';
}

/** What stands beside a message: a call in full, or a file before and after an edit. */
interface Shown {
  readonly uri: Uri;
  /** What it is compared with. */
  readonly before?: Uri;
  readonly title: string;
}

export class Permissions {
  private readonly shown = new Set<Shown>();
  private readonly texts = new Map<string, string>();
  private readonly changed = new EventEmitter<Uri>();
  private readonly open = new Set<Question>();
  private readonly provider = workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: this.changed.event,
    provideTextDocumentContent: uri => this.texts.get(uri.toString()) ?? '',
  });

  /**
   * Answers with what the person chose. Nobody's answer is an error, so that the server goes on
   * waiting for one in the document: it is neither a yes nor a no.
   */
  async ask(request: PermissionRequest, token: CancellationToken): Promise<PermissionAnswer> {
    const call = callText(request);
    const isLong = call.length > MESSAGE_CHARS || call !== plain(call);
    const { change } = request;
    const shown = change
      ? await this.showChange(request, change)
      : isLong
        ? await this.showCall(request, call)
        : undefined;
    const what = change
      ? `${request.title}: ${workspace.asRelativePath(Uri.parse(change.uri))} (shown beside)`
      : isLong
        ? `${request.title} (shown in full beside)`
        : `${request.outsideSandbox ? request.title : request.tool}: ${call}`;
    const parts = [plain(what), plain(request.reason.trim()), costText(request)];
    const text = parts.filter(it => it !== '').join(' — ');
    const buttons: Button[] = request.options.map(({ id, title }) => ({ title, id }));
    const command = editableCommand(request);
    if (command !== undefined) {
      buttons.push({ title: 'Edit…', id: 'edit' });
    }
    const chosen = await this.choose(text, buttons, token);
    await (shown && this.close(shown));
    if (token.isCancellationRequested) {
      throw new ResponseError(LSPErrorCodes.RequestCancelled, 'decided elsewhere');
    }
    if (chosen === undefined) {
      throw new ResponseError(LSPErrorCodes.RequestFailed, 'nobody answered');
    }
    if (chosen.id === 'edit') {
      const edited = await askCommand(request, command ?? '', token);
      // Without a command the question is as open as before.
      return edited === undefined
        ? this.ask(request, token)
        : { optionId: 'allow_once', arguments: { ...request.arguments, command: edited } };
    }
    const feedback = chosen.id === 'reject' ? await askWhy(request, token) : undefined;
    return feedback ? { optionId: chosen.id, feedback } : { optionId: chosen.id };
  }

  /** Shows the calls that messages speak of once more: another document may have covered them. */
  async revealCalls(): Promise<void> {
    for (const shown of this.shown) {
      await this.reveal(shown);
    }
  }

  dispose(): void {
    this.provider.dispose();
    this.changed.dispose();
  }

  private async choose(
    text: string,
    buttons: Button[],
    token: CancellationToken,
  ): Promise<Button | undefined> {
    let listener: Disposable | undefined;
    const chosen = await new Promise<Button | undefined>(answer => {
      const question: Question = { text, buttons, answer, times: 0 };
      listener = token.onCancellationRequested(() => this.takeBack(question));
      if (token.isCancellationRequested) {
        answer(undefined);
      } else {
        this.open.add(question);
        void this.show(question);
      }
    });
    listener?.dispose();
    return chosen;
  }

  private async show(question: Question): Promise<void> {
    question.times += 1;
    const time = question.times;
    const chosen = await window.showWarningMessage(question.text, ...question.buttons);
    if (!this.open.has(question)) {
      if (chosen !== undefined) {
        window.setStatusBarMessage('Preceptor: this was decided elsewhere already.', 5_000);
      }
    } else if (chosen !== undefined || time === question.times) {
      this.open.delete(question);
      question.answer(chosen);
    }
  }

  /**
   * Takes a message out of view. An extension can hide only all of them, so those that still wait
   * are shown again; each then takes the place of its first showing, which that closes.
   */
  private takeBack(question: Question): void {
    if (!this.open.delete(question)) {
      return;
    }
    question.answer(undefined);
    void commands.executeCommand('notifications.hideToasts').then(() => {
      for (const other of this.open) {
        void this.show(other);
      }
    });
  }

  private async showCall(request: PermissionRequest, call: string): Promise<Shown> {
    // The tab shows the last part of the path.
    const path = `/${request.title.replaceAll('/', '_')}`;
    const uri = this.addText(request, path, 'call', `${call}\n`);
    return this.add({ uri, title: request.title });
  }

  /** The file itself is one side, so that it is compared as the editor has it. */
  private async showChange(request: PermissionRequest, change: PlannedChange): Promise<Shown> {
    const file = Uri.parse(change.uri);
    const before = change.isNew ? this.addText(request, file.path, 'before', '') : file;
    const uri = this.addText(request, file.path, 'after', change.text);
    const name = plain(file.path.split('/').at(-1) ?? '');
    return this.add({ uri, before, title: `${request.title}: ${name}` });
  }

  private addText(request: PermissionRequest, path: string, part: string, text: string): Uri {
    const query = `${request.runId}/${request.toolCallId}/${part}`;
    const uri = Uri.from({ scheme: SCHEME, path, query });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    return uri;
  }

  private async add(shown: Shown): Promise<Shown> {
    this.shown.add(shown);
    await this.reveal(shown);
    return shown;
  }

  private async reveal({ uri, before, title }: Shown): Promise<void> {
    const options = {
      viewColumn: ViewColumn.Beside,
      preserveFocus: true,
      // Another preview would take its place.
      preview: false,
    };
    if (before === undefined) {
      await window.showTextDocument(await workspace.openTextDocument(uri), options);
    } else {
      await commands.executeCommand('vscode.diff', before, uri, title, options);
    }
  }

  private async close(shown: Shown): Promise<void> {
    this.shown.delete(shown);
    const uri = shown.uri.toString();
    this.texts.delete(uri);
    this.texts.delete(shown.before?.toString() ?? uri);
    const tabs = window.tabGroups.all.flatMap(group => group.tabs);
    const isIt = (input: unknown) =>
      (input instanceof TabInputText && input.uri.toString() === uri) ||
      (input instanceof TabInputTextDiff && input.modified.toString() === uri);
    await window.tabGroups.close(
      tabs.filter(({ input }) => isIt(input)),
      /*preserveFocus*/ true,
    );
  }
}

/** A command as it would be typed; other calls by all of their arguments. */
function callText(request: PermissionRequest): string {
  const { command, ...others } = request.arguments;
  if (typeof command === 'string' && Object.keys(others).length === 0) {
    return command;
  }
  const lines = Object.entries(request.arguments).map(([name, value]) =>
    typeof value === 'string' && value.includes('\n')
      ? `${name}:\n${value}`
      : `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return lines.join('\n');
}

/**
 * Messages make links of `[text](address)`, and a model's words must not become one. Characters
 * that hide or reorder others are spelled out.
 */
function plain(text: string): string {
  return text
    .replaceAll('](', '] (')
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      it => `\\u{${it.codePointAt(0)?.toString(16) ?? ''}}`,
    );
}

function costText({ estimatedCostUsd, remainingCapUsd }: PermissionRequest): string {
  if (typeof estimatedCostUsd !== 'number') {
    return '';
  }
  const left = typeof remainingCapUsd === 'number' ? ` of $${remainingCapUsd.toFixed(2)} left` : '';
  return `costs about $${estimatedCostUsd.toFixed(2)}${left}`;
}

async function askWhy(
  request: PermissionRequest,
  token: CancellationToken,
): Promise<string | undefined> {
  const options = {
    title: `Rejected: ${request.title}`,
    prompt: 'What should the model do instead? It may stay empty.',
    ignoreFocusOut: true,
  };
  const words = await window.showInputBox(options, token);
  return words?.trim() || undefined;
}

/** The command that a person may change in a box, which has a single line. */
function editableCommand({ tool, arguments: { command } }: PermissionRequest): string | undefined {
  const isLine = tool === 'bash' && typeof command === 'string' && command === plain(command);
  return isLine ? command : undefined;
}

async function askCommand(
  request: PermissionRequest,
  command: string,
  token: CancellationToken,
): Promise<string | undefined> {
  const options = {
    title: `Edit: ${request.title}`,
    prompt: 'It runs once, as it stands here.',
    value: command,
    ignoreFocusOut: true,
    validateInput: (words: string) => (words.trim() === '' ? 'There is no command.' : undefined),
  };
  const words = await window.showInputBox(options, token);
  return words?.trim() || undefined;
}
