/** VS Code completes skills itself: what it has is not offered twice. */

import {
  type CompletionContext,
  type CompletionItem,
  CompletionItemKind,
  CompletionList,
  commands,
  type Position,
  type TextDocument,
} from 'vscode';

type Completions = CompletionItem[] | CompletionList | null | undefined;

/** The language that newer versions of VS Code have for skills. */
const SKILL_LANGUAGE = 'skill';

/** What VS Code has of its own in the frontmatter of a skill. */
const sharedKinds: (CompletionItemKind | undefined)[] = [
  CompletionItemKind.Property,
  CompletionItemKind.Value,
];

/** Lists of words and snippets hold anything. */
const looseKinds: (CompletionItemKind | undefined)[] = [
  CompletionItemKind.Text,
  CompletionItemKind.Snippet,
];

/** Where others are asked at the moment, this extension being one of them. */
const asking = new Set<string>();

/** Returns what the server offers at a place of a document without what VS Code offers there. */
export async function withoutRepetition(
  document: TextDocument,
  position: Position,
  context: CompletionContext,
  next: () => Promise<Completions>,
): Promise<Completions> {
  const { line, character } = position;
  const place = `${document.uri.toString()} ${document.version} ${line}:${character}`;
  if (asking.has(place)) {
    return undefined;
  }
  const offered = await next();
  const items = offered instanceof CompletionList ? offered.items : (offered ?? []);
  const isShared = items.some(({ kind }) => sharedKinds.includes(kind));
  if (document.languageId !== SKILL_LANGUAGE || !isShared) {
    return offered;
  }
  asking.add(place);
  try {
    const others = await commands.executeCommand<CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
      context.triggerCharacter,
    );
    const firm = others.items.filter(({ kind }) => !looseKinds.includes(kind));
    const labels = new Set(firm.map(labelOf));
    const own = items.filter(item => !labels.has(labelOf(item)));
    return offered instanceof CompletionList ? new CompletionList(own, offered.isIncomplete) : own;
  } finally {
    asking.delete(place);
  }
}

function labelOf({ label }: CompletionItem): string {
  return typeof label === 'string' ? label : label.label;
}
