/** The student fails, the teacher takes over, its skill is accepted, and the student uses it. */

import { report, step } from '../steps.ts';
import { checkSkill, countRuns, readWorkspace, type Story } from '../story.ts';

const skill = '.agents/skills/count-csv-rows/SKILL.md';

export async function learning(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile('notes.md');
  // Both may be over before the next line of this story: they are watched for from the start.
  const [student, teacher] = ['Student at work', 'Teacher at work'].map(text =>
    workbench.statusItem(text).waitFor(),
  );
  await workbench.clickLens('Ask Preceptor', 1, () => countRuns(story) === 1);
  await student;
  report('the student is at work');
  await workbench.tab('how-many-data-rows').waitFor();
  report('the transcript opens beside the notes');
  await teacher;
  report('the teacher is at work');
  await workbench.picture('takeover');
  await step('the failure is a problem', () => workbench.hasProblem('turn/failed'));
  await step('the takeover is a problem', () => workbench.hasProblem('turn/takeover'));
  await step('the proposal is a problem', () => workbench.hasProblem('turn/proposal'));
  await workbench.line('Turn 1 is complete, by the teacher.').waitFor();
  report('the end of the transcript is in view');
  await workbench.statusItem('Skill proposed').waitFor();
  report('the status bar tells of the proposal');
  await step('the student has tried the skill', () => workbench.hasProblem('. Verified.'));
  await workbench.picture('proposal');

  await workbench.focusFirstGroup('notes.md');
  await workbench.goToLine(3);
  const isOnDisk = () => readWorkspace(story, skill).includes('name: count-csv-rows');
  await workbench.quickFix('Accept skill `count-csv-rows`', isOnDisk);
  report('the skill is on disk');
  await step('no buffer is left unsaved', async () => (await workbench.dirtyTabs()) === 0);
  checkSkill(story, skill);
  await workbench.picture('accepted');

  await workbench.openFile('notes.md');
  await workbench.goToLine(6);
  await workbench.type('@preceptor and how many are there today?');
  await workbench.clickLens('Ask Preceptor', 2, () => countRuns(story) === 2);
  await workbench.tab('and-how-many-are-there').waitFor();
  await workbench.line('The student counted 4 rows').first().waitFor();
  report('the student answers by the skill');
  await workbench.line('Turn 1 is complete.').waitFor();
  await step('nothing failed this time', async () => (await workbench.listProblems()).length === 0);
  await workbench.picture('learned');
}
