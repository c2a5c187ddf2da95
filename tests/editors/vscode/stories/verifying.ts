/** The student tries what the teacher taught: each lesson comes to something else. */

import { report, step } from '../steps.ts';
import { countRuns, readTranscripts, type Story } from '../story.ts';

/** What is asked at a line, what trying its lesson comes to, and words of the reason. */
const trials = [
  { line: 3, skill: 'find-largest-town', outcome: 'Not verified.', reason: 'it names Moss' },
  { line: 5, skill: 'add-up-people', outcome: 'Inconclusive.', reason: 'without reading the skill' },
  { line: 7, skill: 'name-first-town', outcome: 'Verified.', reason: 'It is unnecessary here' },
];

export async function verifying(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile('trials.md');
  await workbench.showProblems();
  for (const { line, skill, outcome, reason } of trials) {
    await workbench.openFile('trials.md');
    await workbench.goToLine(line);
    const before = countRuns(story);
    await workbench.quickFix('Ask Preceptor', () => countRuns(story) > before);
    await step(`${skill}: ${outcome}`, () =>
      workbench.hasProblem(`The teacher proposes the skill \`${skill}\`. ${outcome}`),
    );
    await workbench.openFile('trials.md');
    await workbench.goToLine(line);
    await workbench.picture(`tried-${skill}`);
    await step(`it says why: ${reason}`, () => readTranscripts(story).includes(reason));
    const page = workbench.line(`Verification of \`${skill}\``).first();
    await workbench.quickFix(`Show the replay of \`${skill}\``, () => page.isVisible());
    report(`what the replay of ${skill} showed is open`);
    await workbench.picture(`replay-of-${skill}`);
  }
}
