/** Requests without an ask line, and what the status bar leads to. */

import { report } from '../steps.ts';
import type { Story } from '../story.ts';

export async function menus({ workbench }: Story): Promise<void> {
  await workbench.command('Preceptor: Ask…');
  await workbench.answer('what is the weather like?');
  await workbench.line('It is sunny.').waitFor();
  report('the palette asks, and the transcript answers');

  await workbench.statusItem('Preceptor').click();
  await workbench.quickChoices().filter({ hasText: 'Restart the server' }).waitFor();
  await workbench.picture('status');
  report('the status bar offers what can be done');
  await workbench.press('Escape');

  await workbench.command('Preceptor: Show Transcript…');
  await workbench.quickChoices().filter({ hasText: 'what is the weather like?' }).waitFor();
  await workbench.picture('runs');
  report('the runs are listed');
  await workbench.press('Escape');
}
