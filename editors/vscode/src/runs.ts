/** What the runs of this session are doing, from the events that the server sends. */

import { type Disposable, EventEmitter, Uri } from 'vscode';

import type { RunEvent, StartedTurn } from './protocol';

export type Activity = 'student' | 'teacher' | 'waiting' | 'resting';

/** A run as it stands. */
export interface Run {
  readonly runId: string;
  /** The latest turn. */
  readonly turn: number;
  readonly title: string;
  readonly activity: Activity;
  /** Unknown until the command that started the run is answered. */
  readonly transcript: Uri | undefined;
}

/** Events after which nobody works on a turn. A teacher's skill follows the end of its turn. */
const turnEnds: ReadonlySet<string> = new Set([
  'turn_complete',
  'interrupted',
  'error',
  'session_terminated',
  'skill_proposed',
  'skill_save_failed',
]);

/** Events of somebody at work; others follow the end of a turn as well. */
const work: ReadonlySet<string> = new Set([
  'processing',
  'assistant_chunk',
  'assistant_message',
  'thinking_chunk',
  'tool_call',
  'tool_output',
  'teacher_takeover',
]);

export class Runs implements Disposable {
  private readonly runs = new Map<string, Run>();
  private readonly changed = new EventEmitter<void>();
  /** Names of proposed skills that wait for the person, by proposal. */
  private readonly proposed = new Map<string, string>();

  /** Fires when a run begins or does something else than before, and when a skill is proposed. */
  readonly onDidChange = this.changed.event;

  /** The runs, the one that was last active first. */
  all(): Run[] {
    return [...this.runs.values()].reverse();
  }

  /** The runs that somebody works on, or that wait for the person. */
  active(): Run[] {
    return this.all().filter(run => run.activity !== 'resting');
  }

  /** What the status shows: a run that waits comes before one that is worked on. */
  activity(): Activity {
    const activities = new Set(this.active().map(run => run.activity));
    const order: Activity[] = ['waiting', 'teacher', 'student'];
    return order.find(activity => activities.has(activity)) ?? 'resting';
  }

  /** Names of the skills that were proposed here and wait for the person. */
  proposals(): string[] {
    return [...this.proposed.values()];
  }

  apply({ runId, turn, type, teacher, data }: RunEvent): void {
    const before = this.runs.get(runId);
    const title = type === 'run_started' ? text(data['title']) : undefined;
    const isOfLatestTurn = turn >= (before?.turn ?? 0);
    const after = isOfLatestTurn ? activityAfter(type, teacher) : undefined;
    const activity = after ?? before?.activity ?? 'student';
    this.set({
      runId,
      turn: Math.max(turn, before?.turn ?? 0),
      title: title ?? before?.title ?? runId,
      activity,
      transcript: before?.transcript,
    });
    const proposalId = text(data['proposalId']);
    if (proposalId !== undefined) {
      this.applyToProposal(proposalId, type, text(data['name']));
    }
  }

  /** Notes the transcript of a turn that started. Events may have come before. */
  started({ runId, turn, transcriptUri }: StartedTurn): void {
    const before = this.runs.get(runId);
    this.set({
      runId,
      turn: Math.max(turn, before?.turn ?? 0),
      title: before?.title ?? runId,
      activity: before?.activity ?? 'student',
      transcript: Uri.parse(transcriptUri),
    });
  }

  /** Forgets everything: the server that knew these runs ended. */
  clear(): void {
    this.runs.clear();
    this.proposed.clear();
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  private applyToProposal(proposalId: string, type: string, name: string | undefined): void {
    if (type === 'skill_proposed') {
      this.proposed.set(proposalId, name ?? proposalId);
    } else if (type === 'proposal_resolved') {
      this.proposed.delete(proposalId);
    } else {
      return;
    }
    this.changed.fire();
  }

  private set(run: Run): void {
    const before = this.runs.get(run.runId);
    this.runs.delete(run.runId);
    this.runs.set(run.runId, run);
    // Text comes piece by piece, and most pieces change nothing that is shown.
    const isSame =
      before?.activity === run.activity &&
      before.title === run.title &&
      before.transcript?.toString() === run.transcript?.toString();
    if (!isSame) {
      this.changed.fire();
    }
  }
}

function activityAfter(type: string, teacher: boolean): Activity | undefined {
  if (type === 'approval_required') {
    return 'waiting';
  }
  if (turnEnds.has(type)) {
    return 'resting';
  }
  return work.has(type) ? (teacher ? 'teacher' : 'student') : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
