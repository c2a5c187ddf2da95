/** Asks the person whether a tool call may run. */

import { type CancellationToken, EventEmitter, Uri, ViewColumn, window, workspace } from 'vscode';
import { LSPErrorCodes, ResponseError } from 'vscode-languageclient/node';

import type { PermissionAnswer, PermissionRequest } from './protocol';

/** Scheme of the documents that show calls too long for a message. */
const SCHEME = 'preceptor-call';

/** Longest call that a message shows, in characters. A message has neither lines nor a scroll bar. */
const MESSAGE_CHARS = 160;

export class Permissions {
  private readonly texts = new Map<string, string>();
  private readonly changed = new EventEmitter<Uri>();
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
    const isLong = call.length > MESSAGE_CHARS || call.includes('\n') || call !== plain(call);
    if (isLong) {
      await this.showCall(request, call);
    }
    const what = isLong ? `${request.title} (shown in full beside)` : `${request.tool}: ${call}`;
    const parts = [plain(what), plain(request.reason.trim()), costText(request)];
    const message = parts.filter(it => it !== '').join(' — ');
    const buttons = request.options.map(({ id, title }) => ({ title, id }));
    const chosen = await window.showWarningMessage(message, ...buttons);
    if (token.isCancellationRequested) {
      if (chosen !== undefined) {
        window.setStatusBarMessage('Preceptor: this was decided elsewhere already.', 5_000);
      }
      throw new ResponseError(LSPErrorCodes.RequestCancelled, 'decided elsewhere');
    }
    if (chosen === undefined) {
      throw new ResponseError(LSPErrorCodes.RequestFailed, 'nobody answered');
    }
    const feedback = chosen.id === 'reject' ? await askWhy(request) : undefined;
    return feedback ? { optionId: chosen.id, feedback } : { optionId: chosen.id };
  }

  dispose(): void {
    this.provider.dispose();
    this.changed.dispose();
  }

  private async showCall(request: PermissionRequest, call: string): Promise<void> {
    const name = `${request.tool} ${request.toolCallId}`.replaceAll('/', '_');
    const uri = Uri.from({ scheme: SCHEME, path: `/${name}`, query: request.runId });
    this.texts.set(uri.toString(), `${call}\n`);
    this.changed.fire(uri);
    const document = await workspace.openTextDocument(uri);
    await window.showTextDocument(document, {
      viewColumn: ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
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

/** Messages make links of `[text](address)`, and a model's words must not become one. */
function plain(text: string): string {
  return text.replaceAll('](', '] (');
}

function costText({ estimatedCostUsd, remainingCapUsd }: PermissionRequest): string {
  if (typeof estimatedCostUsd !== 'number') {
    return '';
  }
  const left = typeof remainingCapUsd === 'number' ? ` of $${remainingCapUsd.toFixed(2)} left` : '';
  return `costs about $${estimatedCostUsd.toFixed(2)}${left}`;
}

async function askWhy(request: PermissionRequest): Promise<string | undefined> {
  const words = await window.showInputBox({
    title: `Rejected: ${request.title}`,
    prompt: 'What should the model do instead? It may stay empty.',
    ignoreFocusOut: true,
  });
  return words?.trim() || undefined;
}
