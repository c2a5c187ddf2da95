/**
 * A second lesson says nearly the same as a skill that a person worked on: it is shown as a
 * difference, shown again when that is out of date, accepted as an update, and taken back.
 */

import { readdirSync } from 'node:fs';
import path from 'node:path';

import { report, step } from '../steps.ts';
import { checkSkill, countRuns, readWorkspace, type Story } from '../story.ts';

const name = 'find-smallest-town';
const skill = `.agents/skills/${name}/SKILL.md`;
const taught = '- Sizes are no dates.\n';
const learnt = '- A town may be named twice.\n';
const mine = '- Two towns may be as small.\n';
const later = '- A town may have nobody.\n';

export async function updating(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile('updates.md');
  await workbench.showProblems();
  await ask(story, 3);
  await workbench.quickFix(`Accept skill \`${name}\``, () => holds(story, taught));
  report('the skill is on disk');
  await step('no buffer is left unsaved', async () => (await workbench.dirtyTabs()) === 0);
  await writeBehind(story, mine, taught);
  await workbench.saveUntil('the person wrote a line of their own', () => holds(story, taught + mine));

  await ask(story, 5);
  const difference = workbench.line(`+${learnt.trim()}`).first();
  await workbench.quickFix(`Show the update of \`${name}\``, () => difference.isVisible());
  report('the difference is shown');
  await workbench.picture('update');
  await step('it adds what was learnt and leaves what was written by hand', () => {
    const update = readUpdate(story);
    return update.includes(`\n ${mine}`) && update.includes(`\n+${learnt}`) && !/^-/m.test(update);
  });

  await drifted(story);
  await toTheLine(story, 5);
  await workbench.quickFix(`Update skill \`${name}\``, () => holds(story, learnt));
  await step('the skill has what was learnt and all that was written by hand', () =>
    [taught, mine, later].every(line => holds(story, line)),
  );
  await step('no buffer is left unsaved', async () => (await workbench.dirtyTabs()) === 0);
  checkSkill(story, skill);
  await workbench.openFile(skill);
  await workbench.picture('updated');
  // The lenses are at the name, out of view from where the person wrote.
  await workbench.goToLine(1);
  await rolledBack(story);
}

/** Runs the ask line at a line, and waits until the lesson that comes of it was tried. */
async function ask(story: Story, line: number): Promise<void> {
  const { workbench } = story;
  const before = countRuns(story);
  await toTheLine(story, line);
  await workbench.quickFix('Ask Preceptor', () => countRuns(story) > before);
  await step(`a lesson of line ${line} is proposed`, () => workbench.hasProblem('Not verified.'));
  await toTheLine(story, line);
}

async function toTheLine({ workbench }: Story, line: number): Promise<void> {
  await workbench.openFile('updates.md');
  await workbench.goToLine(line);
}

/** What the person does not know of is shown before it is accepted. */
async function drifted(story: Story): Promise<void> {
  const { workbench } = story;
  await writeBehind(story, later, mine);
  await toTheLine(story, 5);
  const refusal = workbench.messages('look at it, then accept it again').first();
  await workbench.quickFix(`Update skill \`${name}\``, () => refusal.isVisible());
  report('an update of what was changed since is refused');
  await workbench.picture('update-out-of-date');
  await workbench.dismiss(refusal);
  await step('the difference is shown anew', () => readUpdate(story).includes(`\n ${later}`));
  await step('nothing was changed by it', () => !holds(story, learnt) && !holds(story, later));
}

/** The update is taken back, and what the person wrote stays. */
async function rolledBack(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.clickLens('Roll back', 1, () => !holds(story, learnt));
  await step('the skill is as the person had written it', () => holds(story, taught + mine + later));
  await workbench.picture('rolled-back');
}

/** Types a line behind another one of the skill, as a person does. */
async function writeBehind(story: Story, line: string, behind: string): Promise<void> {
  const { workbench } = story;
  await workbench.openFile(skill);
  const at = readWorkspace(story, skill).split('\n').indexOf(behind.trim());
  await workbench.goToLine(at + 1, behind.length);
  await workbench.type(`\n${line.trim()}`);
  await workbench.line(line.trim()).first().waitFor();
}

/** Whether the skill on disk has some lines. */
function holds(story: Story, lines: string): boolean {
  return readWorkspace(story, skill).includes(`\n${lines}`);
}

/** The document that shows what the proposal that waits would change. */
function readUpdate(story: Story): string {
  const proposals = '.preceptor/proposals';
  const names = readdirSync(path.join(story.workspace, proposals));
  return names.map(it => readWorkspace(story, `${proposals}/${it}/update.md`)).join('');
}
