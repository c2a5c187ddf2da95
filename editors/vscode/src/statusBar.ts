/** One item in the status bar: who works, and whether somebody waits for the person. */

import {
  commands,
  type Disposable,
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  window,
} from 'vscode';

import type { Runs } from './runs';
import type { Server } from './server';

interface Look {
  text: string;
  tooltip: string;
  background?: 'errorBackground' | 'warningBackground';
}

export class StatusBar implements Disposable {
  private readonly item = window.createStatusBarItem('status', StatusBarAlignment.Right, 100);

  constructor(
    private readonly server: Server,
    private readonly runs: Runs,
  ) {
    this.item.name = 'Preceptor';
    this.item.command = 'preceptor.ui.showStatus';
    this.update();
    this.item.show();
  }

  update(): void {
    const { text, tooltip, background } = this.look();
    this.item.text = text;
    this.item.tooltip = new MarkdownString(tooltip);
    this.item.accessibilityInformation = { label: tooltip.replaceAll('*', '') };
    this.item.backgroundColor = background && new ThemeColor(`statusBarItem.${background}`);
    const isWorking = this.runs.active().length > 0;
    void commands.executeCommand('setContext', 'preceptor.isWorking', isWorking);
    void commands.executeCommand('setContext', 'preceptor.hasRun', this.runs.all().length > 0);
  }

  dispose(): void {
    this.item.dispose();
  }

  private look(): Look {
    const { state } = this.server;
    if (state !== 'running') {
      return state === 'starting'
        ? { text: '$(loading~spin) Preceptor', tooltip: 'Preceptor starts' }
        : {
            text: '$(error) Preceptor',
            tooltip: 'The server of Preceptor does not run',
            background: 'errorBackground',
          };
    }
    const titles = this.runs.active().map(run => run.title);
    const about = titles.length > 0 ? `: *${titles.map(escaped).join('*, *')}*` : '';
    switch (this.runs.activity()) {
      case 'waiting':
        return {
          text: '$(bell-dot) Preceptor waits for you',
          tooltip: `A call waits for your approval${about}`,
          background: 'warningBackground',
        };
      case 'teacher':
        return {
          text: '$(loading~spin) Teacher at work',
          tooltip: `The teacher took over${about}`,
        };
      case 'student':
        return {
          text: '$(loading~spin) Student at work',
          tooltip: `The student is at work${about}`,
        };
      case 'resting':
        return this.restingLook();
    }
  }

  private restingLook(): Look {
    const names = this.runs.proposals();
    if (names.length === 0) {
      const version = this.server.program?.version ?? '';
      return { text: '$(mortar-board) Preceptor', tooltip: `Preceptor ${version} is ready` };
    }
    const what = names.length === 1 ? 'Skill proposed' : `${String(names.length)} skills proposed`;
    return {
      text: `$(lightbulb) ${what}`,
      tooltip: `The teacher proposes: *${names.map(escaped).join('*, *')}*`,
    };
  }
}

/** Titles are requests: their own marks are shown as they stand. */
function escaped(title: string): string {
  return title.replaceAll(/[\\`*_{}[\]()#+\-.!<>|~$]/g, '\\$&');
}
