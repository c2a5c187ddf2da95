/** In a folder that is not trusted skills are checked, and no request is run. */

import { existsSync } from 'node:fs';
import path from 'node:path';

import { report, step } from '../steps.ts';
import type { Story } from '../story.ts';
import { badSkill } from '../workspace.ts';

export async function restricted({ workbench, workspace }: Story): Promise<void> {
  await workbench.openFile(badSkill);
  await workbench.showProblems();
  await step('skills are checked', () => workbench.hasProblem('name/invalid'));

  await workbench.openFile('notes.md');
  const asks = async () => (await workbench.messages('only in folders that you trust').count()) > 0;
  await workbench.clickLens('Ask Preceptor', 1, asks);
  await workbench.picture('restricted');
  report('a request leads to the question of trust');
  await step('no run was started', () => !existsSync(path.join(workspace, '.preceptor/runs')));
}
