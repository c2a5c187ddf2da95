/** A skill with a bad name shows it, and a quick fix mends it. */

import { report, step } from '../steps.ts';
import { checkSkill, readWorkspace, type Story } from '../story.ts';
import { badSkill } from '../workspace.ts';

export async function findings(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile(badSkill);
  await workbench.showProblems();
  await step('the finding is among the problems', () => workbench.hasProblem('name/invalid'));
  await workbench.squiggles().first().waitFor();
  report('the name is underlined');
  await workbench.picture('finding');

  await workbench.goToLine(2);
  const isMended = async () => !(await workbench.hasProblem('name/invalid'));
  await workbench.quickFix('Rename it to `list-tables`', isMended);
  report('a quick fix mends it');
  await workbench.save();
  await step('the saved name is mended', () =>
    readWorkspace(story, badSkill).includes('\nname: list-tables\n'),
  );
  checkSkill(story, badSkill);
  await workbench.picture('fixed');
}
