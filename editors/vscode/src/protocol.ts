/** The server's own requests, notifications and commands, as the protocol has them. */

import { NotificationType, type Range, RequestType } from 'vscode-languageclient/node';

/** Something that happened in a run. Its `seq` rises within the run. */
export interface RunEvent {
  runId: string;
  turn: number;
  seq: number;
  type: string;
  /** Whether the teacher's attempt produced it. */
  teacher: boolean;
  data: Record<string, unknown>;
}

export type PermissionOptionId = 'allow_once' | 'allow_run' | 'allow_always' | 'reject';

/** What an edit would make of a file. */
export interface PlannedChange {
  uri: string;
  /** Whether there is no such file yet. */
  isNew: boolean;
  /** Its whole text after the change. */
  text: string;
}

/** A tool call that waits for a person. */
export interface PermissionRequest {
  runId: string;
  toolCallId: string;
  tool: string;
  title: string;
  arguments: Record<string, unknown>;
  reason: string;
  /** Whether nothing would confine it. */
  outsideSandbox?: boolean;
  estimatedCostUsd?: number | null;
  remainingCapUsd?: number | null;
  change?: PlannedChange | null;
  options: { id: PermissionOptionId; title: string }[];
}

export interface PermissionAnswer {
  optionId: PermissionOptionId;
  /** What runs instead of the model's. */
  arguments?: Record<string, unknown>;
  feedback?: string;
}

export const runEvent = new NotificationType<RunEvent>('preceptor/event');
export const requestPermission = new RequestType<PermissionRequest, PermissionAnswer, void>(
  'preceptor/requestPermission',
);
export const saveDocument = new RequestType<{ uri: string }, { saved: boolean }, void>(
  'preceptor/save',
);

/** What the server answers to a command that starts a turn. */
export interface StartedTurn {
  runId: string;
  turn: number;
  transcriptUri: string;
}

/** One line of the answer to `preceptor.runs`. */
export interface RunSummary {
  runId: string;
  title: string;
  status: string;
  startedAt: string;
  transcriptUri: string;
}

/** One line of the answer to `preceptor.proposals`. */
export interface ProposalSummary {
  proposalId: string;
  name: string;
  category: string;
  risk: string;
  state: string;
}

/** A model in the answer to `preceptor.status`. */
export interface ModelStatus {
  model: string;
  baseUrl: string;
  reachable: boolean;
  enabled?: boolean;
}

/** The part of the answer to `preceptor.status` that is shown. */
export interface ServerStatus {
  student?: ModelStatus | null;
  teacher?: ModelStatus | null;
}

/** The commands that this extension calls: their argument and their answer. */
export interface ServerCommands {
  'preceptor.cancel': [{ runId: string }, { cancelled: boolean }];
  'preceptor.compact': [{ runId: string }, Record<string, never>];
  'preceptor.escalate': [{ runId: string; mode?: 'takeover' | 'propose' }, { started: boolean }];
  'preceptor.followUp': [{ runId: string; prompt: string }, StartedTurn];
  'preceptor.proposal.show': [{ proposalId: string }, { uri: string }];
  'preceptor.proposals': [Record<string, never>, ProposalSummary[]];
  'preceptor.resume': [{ runId: string }, { turn: number }];
  'preceptor.retry': [{ runId: string }, { turn: number }];
  'preceptor.run': [{ prompt: string; uri?: string; range?: Range }, StartedTurn];
  'preceptor.runs': [{ limit?: number }, RunSummary[]];
  'preceptor.skill.verify': [{ uri: string; runId?: string; prompt?: string }, { runId: string }];
  'preceptor.status': [Record<string, never>, ServerStatus];
  'preceptor.undo': [{ runId: string }, { removedMessages: number; restoredFiles: string[] }];
}

/**
 * Commands that neither call a model nor run anything: all that a folder which is not trusted gets.
 */
const harmlessCommands: ReadonlySet<string> = new Set([
  'preceptor.cancel',
  'preceptor.dismiss',
  'preceptor.events',
  'preceptor.proposal.reject',
  'preceptor.proposal.show',
  'preceptor.proposals',
  'preceptor.runs',
  'preceptor.show',
  'preceptor.status',
]);

export function needsTrust(command: string): boolean {
  return !harmlessCommands.has(command);
}

/** Whether an answer tells of a turn that started, with a transcript to follow. */
export function isStartedTurn(answer: unknown): answer is StartedTurn {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'runId' in answer &&
    'transcriptUri' in answer &&
    typeof answer.runId === 'string' &&
    typeof answer.transcriptUri === 'string'
  );
}
