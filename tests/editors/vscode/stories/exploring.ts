/** A skill is outlined, folded and renamed with all that names it. */

import { existsSync } from 'node:fs';
import path from 'node:path';

import { report, step } from '../steps.ts';
import { checkSkill, readWorkspace, type Story } from '../story.ts';
import { namingSkill } from '../workspace.ts';

/** Where the skill that is named lies after it was renamed. */
const renamedSkill = '.agents/skills/plot-maps/SKILL.md';

export async function exploring(story: Story): Promise<void> {
  await story.workbench.openFile(namingSkill);
  await overview(story);
  await folding(story);
  await rename(story);
}

async function overview({ workbench }: Story): Promise<void> {
  await workbench.lensWords('used by 0 runs').waitFor();
  report('a lens tells of runs');
  for (const hint of ['found by VS Code (Copilot)', '~14 tokens', 'body ~']) {
    await workbench.line(hint).waitFor();
  }
  report('hints tell of clients and tokens');
  await workbench.symbols('Control+Shift+KeyO', '@', 'description');
  await workbench.picture('symbols');
  await step('each section is among the symbols once', async () => {
    return (await workbench.quickChoices().filter({ hasText: 'Order' }).count()) === 1;
  });
  await workbench.closeQuickInput();
  await workbench.symbols('Control+KeyT', '#maps', 'draw-maps');
  await workbench.picture('workspace-symbols');
  report('a skill that is not open is among the symbols of the workspace');
  await workbench.closeQuickInput();
}

async function folding({ workbench }: Story): Promise<void> {
  const words = workbench.line('nearest town');
  await workbench.pressUntil(
    'the folds are closed',
    ['Control+KeyK', 'Control+Digit0'],
    timeout => words.waitFor({ state: 'detached', timeout }),
  );
  const [name, title] = ['name: plan-trips', '# Plan trips'].map(it => workbench.line(it));
  await step('the frontmatter is folded, a title stays', async () => {
    return !(await name?.isVisible()) && (await title?.isVisible()) === true;
  });
  await workbench.picture('folded');
  await workbench.pressUntil('the folds are opened', ['Control+KeyK', 'Control+KeyJ'], timeout =>
    words.waitFor({ timeout }),
  );
  report('it is unfolded');
}

async function rename(story: Story): Promise<void> {
  const { workbench, workspace } = story;
  // Inside of the name behind the slash.
  await workbench.goToLine(15, 20);
  const inspector = workbench.tokenInspector('semantic token type');
  await workbench.command('Developer: Inspect Editor Tokens and Scopes', inspector);
  await workbench.picture('token');
  report('the reference has a color of its own');
  await workbench.goToLine(15, 20);
  await workbench.rename('plot-maps', 'Draw it with /plot-maps');
  report('the reference has the new name');
  await step('the folder has it too', () => existsSync(path.join(workspace, renamedSkill)));
  await workbench.saveAll('both files are changed', () => {
    const [own, other] = [renamedSkill, namingSkill].map(it => readWorkspace(story, it));
    return own?.includes('\nname: plot-maps\n') === true && other?.includes('/plot-maps') === true;
  });
  report('both files are changed');
  await workbench.picture('renamed');
  checkSkill(story, renamedSkill);
  await workbench.showProblems();
  await step('no problem is left of the rename', async () => {
    return !(await workbench.hasProblem('name/directory-mismatch'));
  });
}
