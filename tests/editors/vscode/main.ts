/**
 * Tells the stories in VS Code: `node main.ts VSIX CODE_SERVER PRECEPTOR SCREENSHOTS`.
 *
 * Each thing that is seen is reported as one line. What is missing ends everything with what the
 * window showed and what the server logged.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CodeServer } from './codeServer.ts';
import { editing } from './stories/editing.ts';
import { exploring } from './stories/exploring.ts';
import { findings } from './stories/findings.ts';
import { learning } from './stories/learning.ts';
import { menus } from './stories/menus.ts';
import { permissions } from './stories/permissions.ts';
import { program } from './stories/program.ts';
import { restricted } from './stories/restricted.ts';
import { takeover } from './stories/takeover.ts';
import { updating } from './stories/updating.ts';
import { verifying } from './stories/verifying.ts';
import { report } from './steps.ts';
import type { Story } from './story.ts';
import { Workbench } from './workbench.ts';
import { type Configuration, writeConfiguration, writeWorkspace } from './workspace.ts';

type Tell = (story: Story) => Promise<void>;

const [vsix = '', codeServer = '', preceptor = '', screenshots = ''] = process.argv.slice(2);
if (screenshots === '') {
  throw new Error('usage: node main.ts VSIX CODE_SERVER PRECEPTOR SCREENSHOTS');
}
// The check ends what takes too long; leaving in order ends code-server and the browser as well.
process.once('SIGTERM', () => process.exit(1));
rmSync(screenshots, { recursive: true, force: true });
mkdirSync(screenshots, { recursive: true });
const learner: Configuration = { approval: 'full', student: 'student.toml' };
const asker: Configuration = { approval: 'ask', student: 'asking.toml' };
await tellAll({ trusted: true }, learner, {
  findings,
  exploring,
  editing,
  learning,
  menus,
  program,
});
// Its proposals stay, which other stories would see in the status bar.
await tellAll({ trusted: true }, learner, { verifying });
await tellAll({ trusted: true }, learner, { updating });
// It changes the settings as it goes.
await tellAll({ trusted: true }, learner, { takeover });
await tellAll({ trusted: true }, asker, { permissions });
await tellAll({ trusted: false }, learner, { restricted });
process.stdout.write('told\n');

/** Tells stories one after the other in the same window, on a folder of their own. */
async function tellAll(
  { trusted }: { trusted: boolean },
  configuration: Configuration,
  stories: Record<string, Tell>,
) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'preceptor-vscode-'));
  const workspace = path.join(scratch, 'towns');
  writeWorkspace(workspace);
  writeConfiguration(path.join(scratch, 'home'), configuration);
  const server = await CodeServer.start({ codeServer, scratch, vsix, workspace, trusted });
  try {
    const profile = path.join(scratch, 'chromium');
    const workbench = await Workbench.open(server.address, workspace, profile, screenshots);
    report(`VS Code shows ${trusted ? 'a trusted folder' : 'a folder that is not trusted'}`);
    try {
      for (const [name, tell] of Object.entries(stories)) {
        process.stdout.write(`${name}\n`);
        await tell({ workbench, workspace, preceptor, server });
      }
    } catch (error) {
      await workbench.picture('failed');
      const problems = await workbench.listProblems();
      process.stderr.write(`problems shown:\n${problems.join('\n')}\n${logs(scratch)}\n`);
      throw error;
    } finally {
      await workbench.close();
    }
  } finally {
    await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What the extension and its server logged. */
function logs(folder: string): string {
  const names = readdirSync(path.join(folder, 'user/logs'), { recursive: true, encoding: 'utf8' });
  return names
    .filter(name => path.basename(name) === 'Preceptor.log')
    .map(name => readFileSync(path.join(folder, 'user/logs', name), 'utf8'))
    .join('\n');
}
