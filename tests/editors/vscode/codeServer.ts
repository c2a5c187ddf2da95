/** code-server with an empty home, the extension, and nothing that reaches for the network. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

import { waitFor } from './steps.ts';
import { write } from './workspace.ts';

/** Milliseconds after which code-server gets no more time to end in order. */
const GRACE_MS = 5_000;

const editorSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'files.autoSave': 'off',
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.menuBarVisibility': 'hidden',
  'workbench.layoutControl.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** What a code-server needs. */
export interface Setup {
  /** The program. */
  codeServer: string;
  /** A folder for everything that it writes. */
  scratch: string;
  /** The packaged extension. */
  vsix: string;
  /** The folder to open. */
  workspace: string;
  /** Whether the workspace counts as trusted without asking. */
  trusted: boolean;
}

export class CodeServer {
  readonly address: string;
  private readonly child: ChildProcess;
  private readonly log: string;
  private readonly settings: string;

  private constructor(address: string, child: ChildProcess, log: string, settings: string) {
    this.address = address;
    this.child = child;
    this.log = log;
    this.settings = settings;
  }

  /** Installs the extension and starts; returns when pages are served. */
  static async start(setup: Setup): Promise<CodeServer> {
    const { scratch } = setup;
    const home = path.join(scratch, 'home');
    mkdirSync(home, { recursive: true });
    write(path.join(scratch, 'user/User/settings.json'), JSON.stringify(editorSettings));
    // What concerns the machine, such as paths of programs, is set beside the user's own settings.
    const settings = path.join(scratch, 'user/Machine/settings.json');
    write(settings, '{}');
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, '.config'),
      XDG_STATE_HOME: path.join(home, '.local/state'),
      XDG_DATA_HOME: path.join(home, '.local/share'),
      XDG_CACHE_HOME: path.join(home, '.cache'),
      LC_ALL: 'C.UTF-8',
      // As if started from a terminal: no login shell is asked for another environment.
      VSCODE_CLI: '1',
      // Port 9 discards what it gets: there is no gallery of extensions.
      EXTENSIONS_GALLERY: '{"serviceUrl":"http://127.0.0.1:9"}',
    };
    const folders = [
      ['--user-data-dir', path.join(scratch, 'user')],
      ['--extensions-dir', path.join(scratch, 'extensions')],
    ].flat();
    execFileSync(setup.codeServer, [...folders, '--install-extension', setup.vsix], {
      env,
      stdio: 'pipe',
      timeout: 60_000,
    });
    const port = await freePort();
    const log = path.join(scratch, 'code-server.log');
    const output = openSync(log, 'w');
    const options = [
      ['--bind-addr', `127.0.0.1:${port}`],
      ['--auth', 'none'],
      ['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      setup.trusted ? ['--disable-workspace-trust'] : [],
      [setup.workspace],
    ].flat();
    // A group of its own, so that its many processes end together.
    const child = spawn(setup.codeServer, [...folders, ...options], {
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    const group = child.pid;
    if (group !== undefined) {
      process.once('exit', () => signal(group, 'SIGKILL'));
    }
    const address = `http://127.0.0.1:${port}`;
    const server = new CodeServer(address, child, log, settings);
    try {
      await waitFor('code-server answers', () => answers(`${address}/healthz`));
    } catch (error) {
      process.stderr.write(`log of code-server:\n${server.readLog()}\n`);
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Changes the settings of the machine, which the editor notices by itself. */
  set(settings: Record<string, unknown>): void {
    write(this.settings, JSON.stringify(settings));
  }

  /** What it wrote, for the report of a failure. */
  readLog(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** Ends all of its processes. */
  async stop(): Promise<void> {
    const group = this.child.pid;
    if (group === undefined) {
      return;
    }
    signal(group, 'SIGTERM');
    const deadline = Date.now() + GRACE_MS;
    await waitFor('code-server ends', () => !signal(group, 0) || Date.now() > deadline);
    signal(group, 'SIGKILL');
  }
}

/** Signals a process group; tells whether there was one. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(address)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
