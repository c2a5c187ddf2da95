/** A skill is completed and explained as it is typed, and mended as a whole when it is saved. */

import { report, step } from '../steps.ts';
import { checkSkill, readWorkspace, type Story } from '../story.ts';
import { mendableSkill, namingSkill } from '../workspace.ts';

export async function editing(story: Story): Promise<void> {
  await completion(story);
  await fixAll(story);
}

async function completion(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile(namingSkill);
  await workbench.goToLine(4);
  await workbench.complete('lic', 'license', 'license: ');
  report('a field that VS Code has as well is offered once and taken');
  await workbench.type('MIT\n');
  await workbench.complete('allowed', 'every client that follows the format', 'allowed-tools: ');
  report('a field that only Preceptor has is offered and taken');
  await workbench.type('bash');
  await workbench.goToLine(4, 3);
  const hover = workbench.hover('Read by');
  await workbench.pressUntil('hover', ['Control+KeyK', 'Control+KeyI'], timeout =>
    hover.waitFor({ timeout }),
  );
  await workbench.picture('hover');
  report('hover explains it');

  await workbench.goToLine(11, 36);
  await workbench.type(' Then to the nex');
  await workbench.pressUntil('nothing is offered', ['Escape', 'Control+Space'], timeout =>
    workbench.suggestions('No suggestions').waitFor({ timeout }),
  );
  report('nothing is offered in prose');
  await workbench.type('t.');
  await workbench.save();
  checkSkill(story, namingSkill);
}

async function fixAll(story: Story): Promise<void> {
  const { workbench, server } = story;
  await workbench.showProblems();
  await workbench.openFile(mendableSkill);
  for (const code of ['frontmatter/non-string-metadata', 'allowed-tools/not-a-string']) {
    await step(`${code} is among the problems once`, async () => {
      return (await workbench.countProblems(code)) === 1;
    });
  }
  await workbench.picture('mendable');
  server.set({ 'editor.codeActionsOnSave': { 'source.fixAll.preceptor': 'explicit' } });
  await workbench.saveUntil('what is saved is mended', () => {
    const text = readWorkspace(story, mendableSkill);
    const mended = ['version: "1.0"\n', 'allowed-tools: bash read_file\n', '\n3. Run'];
    return mended.every(it => text.includes(it));
  });
  report('saving mends all that can be mended');
  checkSkill(story, mendableSkill);
  await step('no problem is left', async () => (await workbench.listProblems()).length === 0);
  await workbench.picture('mended');
  server.set({});
}
