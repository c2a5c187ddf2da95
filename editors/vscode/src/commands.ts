/** The extension's own commands. The server's are registered by the language client. */

import {
  commands,
  type Disposable,
  type LogOutputChannel,
  type QuickPickItem,
  type TextEditor,
  Uri,
  window,
} from 'vscode';

import type { ModelStatus, RunSummary } from './protocol';
import type { Run, Runs } from './runs';
import type { Server } from './server';
import { openSettings, SECTION } from './settings';
import type { Transcripts } from './transcripts';

/** Runs of earlier sessions that are offered beside those of this one. */
const LISTED_RUNS = 30;

/** A choice in a list, with what it does. */
interface Choice extends QuickPickItem {
  act?: () => unknown;
}

export class Commands implements Disposable {
  private readonly registered: Disposable[];

  constructor(
    private readonly server: Server,
    private readonly runs: Runs,
    private readonly transcripts: Transcripts,
    private readonly log: LogOutputChannel,
  ) {
    const handlers: Record<string, () => unknown> = {
      ask: () => this.ask(),
      compact: () => this.compact(),
      followUp: () => this.followUp(),
      restart: () => this.server.restart(),
      resume: () => this.resume(),
      retry: () => this.retry(),
      showLog: () => this.log.show(),
      showProposals: () => this.showProposals(),
      showStatus: () => this.showStatus(),
      showTranscript: () => this.showTranscript(),
      stop: () => this.stop(),
      takeOver: () => this.escalate('Let the teacher take over in which run?', 'takeover'),
      teach: () => this.escalate('Ask the teacher for a skill about which run?', 'propose'),
      undo: () => this.undo(),
      verifySkill: () => this.verifySkill(),
    };
    this.registered = Object.entries(handlers).map(([name, handler]) =>
      commands.registerCommand(`${SECTION}.ui.${name}`, handler),
    );
  }

  dispose(): void {
    for (const command of this.registered) {
      command.dispose();
    }
  }

  /** Asks about the selection, or the line of the cursor; without a document, about the folder. */
  private async ask(): Promise<void> {
    // The box takes the focus, so the place is noted before.
    const place = window.activeTextEditor && placeOf(window.activeTextEditor);
    const prompt = await window.showInputBox({
      title: 'Ask Preceptor',
      prompt: place ? `About ${place.name}` : 'About the folder',
      placeHolder: 'why does the last test fail?',
      ignoreFocusOut: true,
    });
    if (prompt?.trim()) {
      await this.server.execute('preceptor.run', { prompt: prompt.trim(), ...place?.argument });
    }
  }

  private async followUp(): Promise<void> {
    const run = this.runs.all()[0];
    if (run === undefined) {
      void window.showInformationMessage('Preceptor: there is no run to continue yet.');
      return;
    }
    const prompt = await window.showInputBox({
      title: `Continue: ${run.title}`,
      ignoreFocusOut: true,
    });
    if (prompt?.trim()) {
      await this.server.execute('preceptor.followUp', { runId: run.runId, prompt: prompt.trim() });
    }
  }

  private async stop(): Promise<void> {
    const run = await chooseRun(this.runs.active(), 'Stop which run?');
    if (run === undefined) {
      return;
    }
    await this.server.execute('preceptor.cancel', { runId: run.runId });
  }

  private async undo(): Promise<void> {
    await this.withRun('Take back the last request of which run?', async ({ runId, title }) => {
      const undone = await this.server.execute('preceptor.undo', { runId });
      if (undone !== undefined) {
        const files = undone.restoredFiles;
        const told =
          files.length === 0 ? 'No file had changed.' : `As before: ${files.join(', ')}.`;
        void window.showInformationMessage(
          `Preceptor: took back ${String(undone.removedMessages)} messages of “${title}”. ${told}`,
        );
      }
    });
  }

  private async compact(): Promise<void> {
    await this.withRun('Shorten the history of which run?', ({ runId }) =>
      this.server.execute('preceptor.compact', { runId }),
    );
  }

  private async retry(): Promise<void> {
    await this.withRun('Ask again in which run?', ({ runId }) =>
      this.server.execute('preceptor.retry', { runId }),
    );
  }

  private async resume(): Promise<void> {
    await this.withRun(
      'Go on with which run?',
      ({ runId }) => this.server.execute('preceptor.resume', { runId }),
      ({ status }) => status === 'interrupted',
    );
  }

  /** Has the teacher come in after a turn, whatever the gates before it say. */
  private async escalate(title: string, mode: 'takeover' | 'propose'): Promise<void> {
    await this.withRun(title, ({ runId }) =>
      this.server.execute('preceptor.escalate', { runId, mode }),
    );
  }

  /** Has the student try a request with the skill that is open. */
  private async verifySkill(): Promise<void> {
    // The box takes the focus, so the document is noted before.
    const uri = window.activeTextEditor?.document.uri;
    if (uri?.path.endsWith('/SKILL.md') !== true) {
      void window.showErrorMessage('Preceptor: open the SKILL.md that the student is to try.');
      return;
    }
    const prompt = await window.showInputBox({
      title: 'Verify the Skill',
      prompt: 'Which request shall the student try with it, in a copy of the folder?',
      ignoreFocusOut: true,
    });
    if (prompt?.trim()) {
      const argument = { uri: uri.toString(), prompt: prompt.trim() };
      await this.server.execute('preceptor.skill.verify', argument);
    }
  }

  /** Lets the person choose among the runs that there were; the latest comes first. */
  private async withRun(
    title: string,
    act: (run: RunSummary) => unknown,
    isMeant: (run: RunSummary) => boolean = () => true,
  ): Promise<void> {
    const runs = await this.server.execute('preceptor.runs', { limit: LISTED_RUNS });
    const choices = runs?.filter(isMeant).map(run => ({
      label: run.title,
      description: `${run.status}, ${new Date(run.startedAt).toLocaleString()}`,
      act: () => act(run),
    }));
    if (choices !== undefined) {
      await choose(choices, title, 'There is no such run.');
    }
  }

  /** Shows the only run that is worked on; else lets the person choose among all that there were. */
  private async showTranscript(): Promise<void> {
    const [active, another] = this.runs.active();
    if (active?.transcript && another === undefined) {
      await this.transcripts.show(active.runId, active.transcript);
      return;
    }
    await this.withRun('Show the transcript of which run?', ({ runId, transcriptUri }) =>
      this.transcripts.show(runId, Uri.parse(transcriptUri)),
    );
  }

  private async showProposals(): Promise<void> {
    const proposals = await this.server.execute('preceptor.proposals', {});
    if (proposals === undefined) {
      return;
    }
    const choices = proposals.map(({ proposalId, name, category, risk, state }) => ({
      label: name,
      description: `${category}, ${risk} risk, ${state}`,
      act: () => this.server.execute('preceptor.proposal.show', { proposalId }),
    }));
    await choose(choices, 'Show which proposed skill?', 'No proposed skill waits for you.');
  }

  private async showStatus(): Promise<void> {
    const { state, program } = this.server;
    const choices: Choice[] = [];
    if (state === 'running') {
      for (const run of this.runs.active()) {
        const choice: Choice = { label: `$(${icons[run.activity]}) ${run.title}` };
        const { runId, transcript } = run;
        if (transcript !== undefined) {
          choice.description = 'show the transcript';
          choice.act = () => this.transcripts.show(runId, transcript);
        }
        choices.push(choice);
      }
      if (this.runs.active().length > 0) {
        choices.push({ label: '$(debug-stop) Stop', act: () => this.stop() });
      }
      const waiting = this.runs.proposals().length;
      choices.push({
        label: '$(lightbulb) Show proposed skills…',
        ...(waiting > 0 && {
          description: waiting === 1 ? '1 is new' : `${String(waiting)} are new`,
        }),
        act: () => this.showProposals(),
      });
      choices.push(...(await this.models()));
      choices.push(
        { label: '$(sparkle) Ask…', act: () => this.ask() },
        { label: '$(list-unordered) Show transcript…', act: () => this.showTranscript() },
      );
    }
    const origin = program ? `${program.path}, version ${program.version}` : 'it does not run';
    choices.push(
      { label: '$(debug-restart) Restart the server', description: origin, act: this.restart },
      { label: '$(output) Show log', act: () => this.log.show() },
      { label: '$(gear) Open settings', act: showSettings },
    );
    await choose(choices, 'Preceptor');
  }

  private readonly restart = (): Promise<void> => this.server.restart();

  private async models(): Promise<Choice[]> {
    if (!this.server.has('preceptor.status')) {
      return [];
    }
    const status = await this.server.execute('preceptor.status', {});
    const described = (role: string, model: ModelStatus | null | undefined): Choice[] => {
      if (!model || model.enabled === false) {
        return [];
      }
      const icon = model.reachable ? 'pass' : 'warning';
      const description = `${model.baseUrl}${model.reachable ? '' : ' does not answer'}`;
      return [{ label: `$(${icon}) ${role}: ${model.model}`, description, act: showSettings }];
    };
    return [...described('Student', status?.student), ...described('Teacher', status?.teacher)];
  }
}

const icons = {
  resting: 'check',
  student: 'loading~spin',
  teacher: 'mortar-board',
  waiting: 'bell-dot',
} as const;

function showSettings(): Promise<void> {
  return openSettings(SECTION);
}

/** Where the person is: the selection, or the whole line of a bare cursor. */
function placeOf({ document, selection }: TextEditor): {
  name: string;
  argument: {
    uri: string;
    range: { start: Position; end: Position };
  };
} {
  const range = selection.isEmpty ? document.lineAt(selection.active.line).range : selection;
  const { start, end } = range;
  const lines = start.line === end.line ? `${start.line + 1}` : `${start.line + 1}–${end.line + 1}`;
  return {
    name: `${document.fileName.split(/[/\\]/).at(-1) ?? ''}, line ${lines}`,
    argument: {
      uri: document.uri.toString(),
      range: {
        start: { line: start.line, character: start.character },
        end: { line: end.line, character: end.character },
      },
    },
  };
}

interface Position {
  line: number;
  character: number;
}

/** One run is the answer by itself. */
async function chooseRun(runs: readonly Run[], title: string): Promise<Run | undefined> {
  if (runs.length <= 1) {
    return runs[0];
  }
  const choices = runs.map(run => ({ label: run.title, description: run.activity, run }));
  return (await window.showQuickPick(choices, { title }))?.run;
}

async function choose(choices: Choice[], title: string, none?: string): Promise<void> {
  if (choices.length === 0) {
    void window.showInformationMessage(`Preceptor: ${none ?? 'there is nothing to choose.'}`);
    return;
  }
  const chosen = await window.showQuickPick(choices, { title, matchOnDescription: true });
  await chosen?.act?.();
}
