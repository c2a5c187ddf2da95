/** A path that names no program is complained about, and one that is taken back is forgotten. */

import { report } from '../steps.ts';
import type { Story } from '../story.ts';

export async function program({ workbench, server }: Story): Promise<void> {
  server.set({ 'preceptor.path': '/nowhere/preceptor' });
  const complaint = await workbench.message(
    '/nowhere/preceptor cannot be run: there is no such file.',
  );
  await workbench.picture('no-program');
  await workbench.choose(complaint, 'Open Settings');
  await workbench.setting('Preceptor: Path').waitFor();
  await workbench.picture('settings');
  report('a message about a wrong path leads to the setting');

  server.set({});
  await workbench.statusItem('Preceptor').filter({ hasNotText: 'waits' }).waitFor();
  await workbench.openFile('notes.md');
  await workbench.lens('Ask Preceptor').first().waitFor();
  report('the server is back');
}
