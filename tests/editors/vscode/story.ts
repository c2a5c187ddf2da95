/** What every story starts from. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { CodeServer } from './codeServer.ts';
import { report } from './steps.ts';
import type { Workbench } from './workbench.ts';

export interface Story {
  workbench: Workbench;
  server: CodeServer;
  /** The folder that VS Code shows. */
  workspace: string;
  /** The tested program. */
  preceptor: string;
}

/** Reads a file of the workspace; one that is not there is empty. */
export function readWorkspace({ workspace }: Story, name: string): string {
  const file = path.join(workspace, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** How many runs there are, those that ended included. */
export function countRuns({ workspace }: Story): number {
  const runs = path.join(workspace, '.preceptor/runs');
  return existsSync(runs) ? readdirSync(runs).length : 0;
}

/** What the transcripts of all runs say. */
export function readTranscripts(story: Story): string {
  const runs = path.join(story.workspace, '.preceptor/runs');
  const names = existsSync(runs) ? readdirSync(runs) : [];
  return names.map(run => readWorkspace(story, `.preceptor/runs/${run}/transcript.md`)).join('\n');
}

/** Fails with the findings unless the command line finds nothing in a skill. */
export function checkSkill({ preceptor, workspace }: Story, skill: string): void {
  const args = ['check', '--fail-on', 'hint', skill];
  const { status, stdout } = spawnSync(preceptor, args, {
    cwd: workspace,
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) {
    throw new Error(`the command line finds something in ${skill}:\n${stdout}`);
  }
  report('the command line finds nothing in it');
}
