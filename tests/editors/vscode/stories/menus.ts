/** Requests without an ask line, and what the status bar leads to. */

import { report } from '../steps.ts';
import type { Story } from '../story.ts';

export async function menus({ workbench }: Story): Promise<void> {
  await workbench.command('Preceptor: Ask…', workbench.box('Ask Preceptor'));
  await workbench.answer('Ask Preceptor', 'what is the weather like?');
  await workbench.line('It is sunny.').waitFor();
  report('the palette asks, and the transcript answers');

  await workbench.showStatus('Restart the server');
  await workbench.picture('status');
  report('the status bar offers what can be done');
  await workbench.closeQuickInput();

  const run = workbench.quickChoices().filter({ hasText: 'what is the weather like?' });
  await workbench.command('Preceptor: Show Transcript…', run);
  await workbench.picture('runs');
  report('the runs are listed');
  await workbench.closeQuickInput();
}
