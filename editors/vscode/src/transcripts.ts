/**
 * Shows transcripts as read-only documents, and keeps the end of one that grows in view.
 *
 * The server writes them as files. Editors notice changes of files late, and not at all in folders
 * that came to be faster than they were watched; so the text is read anew when events come.
 */

import {
  type Disposable,
  EventEmitter,
  Range,
  type TextDocument,
  TextEditorRevealType,
  Uri,
  ViewColumn,
  window,
  workspace,
} from 'vscode';

import { opensTranscripts } from './settings';

/** Scheme of the documents. Their query is the address of the file. */
const SCHEME = 'preceptor-transcript';

/** Milliseconds between two looks at a file: text comes in many small pieces. */
const REFRESH_MS = 80;

/** Lines below the view within which somebody still counts as reading the end. */
const NEAR_END_LINES = 5;

export class Transcripts implements Disposable {
  /** The documents that were shown, by run. */
  private readonly documents = new Map<string, Uri>();
  /** Runs whose documents will be read anew in a moment. */
  private readonly pending = new Map<string, NodeJS.Timeout>();
  /** Length of each document before its latest change, in lines. */
  private readonly lengths = new Map<string, number>();
  private readonly changed = new EventEmitter<Uri>();
  private readonly listeners: { dispose(): unknown }[];

  constructor() {
    this.listeners = [
      this.changed,
      workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: this.changed.event,
        provideTextDocumentContent: uri => read(Uri.parse(uri.query)),
      }),
      workspace.onDidChangeTextDocument(({ document }) => this.follow(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.lengths.delete(uri.toString())),
    ];
  }

  /** Opens the transcript of a turn that started, unless the settings say otherwise. */
  async turnStarted(runId: string, transcript: Uri): Promise<void> {
    if (opensTranscripts()) {
      await this.show(runId, transcript);
    }
  }

  /** Opens a transcript at its end, beside the document at work, which keeps the focus. */
  async show(runId: string, transcript: Uri): Promise<void> {
    const uri = documentUri(runId, transcript);
    this.documents.set(runId, uri);
    this.changed.fire(uri);
    const document = await workspace.openTextDocument(uri);
    this.lengths.set(uri.toString(), document.lineCount);
    const tabs = window.tabGroups.all.flatMap(group =>
      group.tabs.map(({ input }) => ({ input, viewColumn: group.viewColumn })),
    );
    const open = tabs.find(({ input }) => hasUri(input) && input.uri.toString() === uri.toString());
    const editor = await window.showTextDocument(document, {
      viewColumn: open?.viewColumn ?? ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
    editor.revealRange(lastLine(document), TextEditorRevealType.Default);
  }

  /** Notes that a run's transcript may have grown. */
  refresh(runId: string): void {
    const uri = this.documents.get(runId);
    if (uri === undefined || this.pending.has(runId)) {
      return;
    }
    const timer = setTimeout(() => {
      this.pending.delete(runId);
      this.changed.fire(uri);
    }, REFRESH_MS);
    this.pending.set(runId, timer);
  }

  dispose(): void {
    for (const timer of this.pending.values()) {
      clearTimeout(timer);
    }
    for (const listener of this.listeners) {
      listener.dispose();
    }
  }

  private follow(document: TextDocument): void {
    const key = document.uri.toString();
    const lengthBefore = this.lengths.get(key);
    if (lengthBefore === undefined) {
      return;
    }
    this.lengths.set(key, document.lineCount);
    for (const editor of window.visibleTextEditors) {
      const lastVisible = editor.visibleRanges.at(-1)?.end.line ?? 0;
      const readsTheEnd = lastVisible + NEAR_END_LINES >= lengthBefore;
      if (editor.document === document && readsTheEnd) {
        editor.revealRange(lastLine(document), TextEditorRevealType.Default);
      }
    }
  }
}

/** The tab shows what was asked, which the run's name has after its date. */
function documentUri(runId: string, transcript: Uri): Uri {
  const name = runId.replace(/^\d{4}-\d\d-\d\d-\d{6}-(?=.)/, '');
  return Uri.from({ scheme: SCHEME, path: `/${name}.md`, query: transcript.toString() });
}

async function read(file: Uri): Promise<string> {
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(file));
  } catch (error) {
    return `The transcript cannot be read: ${String(error)}\n`;
  }
}

function lastLine(document: TextDocument): Range {
  return document.lineAt(document.lineCount - 1).range;
}

function hasUri(input: unknown): input is { uri: Uri } {
  return typeof input === 'object' && input !== null && 'uri' in input && input.uri instanceof Uri;
}
