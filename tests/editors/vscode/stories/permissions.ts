/** Calls that need a permission are shown in full, and get what the person chose. */

import { chmodSync } from 'node:fs';
import path from 'node:path';

import { step } from '../steps.ts';
import { readWorkspace, type Story } from '../story.ts';
import { write } from '../workspace.ts';

const answers = 'answers.jsonl';

export async function permissions(story: Story): Promise<void> {
  const { workbench, workspace, server } = story;
  const program = path.join(workspace, 'asking-server');
  const main = path.join(import.meta.dirname, '../askingServer.ts');
  const variable = `ANSWERS='${path.join(workspace, answers)}'`;
  write(program, `#!/bin/sh\n${variable} exec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(program, 0o755);
  server.set({ 'preceptor.path': program });
  await workbench.statusItem('Preceptor').and(workbench.readyItem('0.0.0')).waitFor();

  await ask(story, 'cargo test');
  await workbench.statusItem('Preceptor waits for you').waitFor();
  const short = await workbench.message('bash: cargo test');
  await workbench.picture('permission');
  await workbench.choose(short, 'Allow for This Run');
  await step('a permission for the run reaches the server', () =>
    answered(story, '{"optionId":"allow_run"}'),
  );

  await ask(story, 'cd build\\nrm --recursive --force everything');
  await workbench.line('rm --recursive --force everything').waitFor();
  const long = await workbench.message('Run a command (shown in full beside)');
  await workbench.picture('permission-long');
  await workbench.choose(long, 'Reject');
  await workbench.answer('Rejected: Run a command', 'list the folder first');
  await step('a rejection reaches the server with its words', () =>
    answered(story, '{"optionId":"reject","feedback":"list the folder first"}'),
  );

  await ask(story, 'make install');
  await workbench.dismiss(await workbench.message('bash: make install'));
  await step('a message that is closed is no answer', () => answered(story, 'nobody answered'));
  server.set({});
  await workbench.readyItem('0.1').waitFor();
}

async function ask({ workbench }: Story, command: string): Promise<void> {
  await workbench.command('Preceptor: Ask…', workbench.box('Ask Preceptor'));
  await workbench.answer('Ask Preceptor', command);
}

function answered(story: Story, text: string): boolean {
  const last = readWorkspace(story, answers).trimEnd().split('\n').at(-1);
  return last?.includes(text) ?? false;
}
