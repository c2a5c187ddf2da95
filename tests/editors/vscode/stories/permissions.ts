/** Commands that need a permission are shown in full, and run as the person chose. */

import { report, step } from '../steps.ts';
import { readWorkspace, type Story } from '../story.ts';

/** The line of the notes that the requests are about. */
const LINE = 5;

/** Milliseconds within which a message is taken back; by itself it stays for some 18 seconds. */
const TAKEN_BACK_MS = 8_000;

export async function permissions(story: Story): Promise<void> {
  const { workbench } = story;
  await workbench.openFile('notes.md');
  await workbench.showProblems();
  await workbench.openFile('notes.md');
  await oneCall(story);
  await edited(story);
  await wholeRun(story);
  await longCommand(story);
  await change(story);
  await inTheDocument(story);
  await withdrawals(story);
}

/** One permission is for one call; a rejection's words reach the model. */
async function oneCall(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'write two notes');
  const first = await workbench.message('bash: echo noted >> two.txt');
  await workbench.statusItem('Preceptor waits for you').waitFor();
  await workbench.picture('permission');
  await step('the buttons are what the server offers, and a way to change the command', async () => {
    const titles = await workbench.buttons(first);
    return titles.join() === 'Approve,Approve for this run,Always approve here,Reject,Edit…';
  });
  await step('nothing runs before', () => readWorkspace(story, 'two.txt') === '');
  await workbench.choose(first, 'Approve');
  await step('the command runs', () => readWorkspace(story, 'two.txt') === 'noted\n');

  const second = await workbench.message('bash: echo noted >> two.txt');
  report('the same command is asked about again');
  await workbench.choose(second, 'Reject');
  await workbench.answer('Rejected: Run a command', 'one is enough');
  await workbench.line('So it stays with one note.').waitFor();
  report('the words of a rejection reach the model');
  await step('it did not run again', () => readWorkspace(story, 'two.txt') === 'noted\n');
}

/** A command may be changed before it runs; without one it still waits. */
async function edited(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'write one note');
  await workbench.choose(await workbench.message('bash: echo noted >> one.txt'), 'Edit…');
  await workbench.cancel('Edit: Run a command');
  await workbench.choose(await workbench.message('bash: echo noted >> one.txt'), 'Edit…');
  await workbench.picture('permission-edit');
  await workbench.answer('Edit: Run a command', 'echo changed >> one.txt');
  await workbench.line('There is one note now.').waitFor();
  await step('the changed command ran', () => readWorkspace(story, 'one.txt') === 'changed\n');
}

/** A permission for the run covers the same command later on. */
async function wholeRun(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'write three notes');
  const message = await workbench.message('bash: echo noted >> three.txt');
  await workbench.choose(message, 'Approve for this run');
  await workbench.line('There are three notes now.').waitFor();
  await step(
    'a command runs for the rest of the run',
    () => readWorkspace(story, 'three.txt') === 'noted\n'.repeat(3),
  );
}

/** A command that does not fit into a message stands beside it. */
async function longCommand(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'sort the towns');
  await workbench.line('sort towns.csv > sorted.csv').first().waitFor();
  const message = await workbench.message('Run a command (shown in full beside)');
  await workbench.picture('permission-long');
  await workbench.choose(message, 'Reject');
  await workbench.answer('Rejected: Run a command', '');
  await workbench.line('The towns are left as they were.').waitFor();
  await step('a rejection needs no words', () => readWorkspace(story, 'data/sorted.csv') === '');
  await workbench.tab('Run a command').waitFor({ state: 'detached' });
  report('the command is no longer beside');
}

/** What an edit changes stands beside as a difference. */
async function change(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'name the towns');
  const message = await workbench.message('Edit a file: data/towns.csv (shown beside)');
  await workbench.tab('Edit a file: towns.csv').waitFor();
  await workbench.line('Storhamar').first().waitFor();
  await workbench.picture('permission-change');
  await step('nothing is changed before', () => readWorkspace(story, 'data/towns.csv').includes('\nHamar'));
  await workbench.choose(message, 'Approve');
  await workbench.line('The town has its old name.').waitFor();
  await step('the file is changed', () => readWorkspace(story, 'data/towns.csv').includes('Storhamar'));
  await workbench.tab('Edit a file: towns.csv').waitFor({ state: 'detached' });
  report('the difference is no longer beside');
}

/** A message that is closed decides nothing: the command waits in the document. */
async function inTheDocument(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'wait');
  await workbench.dismiss(await workbench.message('bash: echo waited > waited.txt'));
  await step('the command still waits', () => workbench.hasProblem('turn/approval'));
  await workbench.focusFirstGroup('notes.md');
  await workbench.goToLine(LINE);
  const hasRun = () => readWorkspace(story, 'waited.txt') === 'waited\n';
  await workbench.quickFix('Approve `bash: echo waited', hasRun);
  await workbench.line('The wait is over.').waitFor();
  report('it runs once it is approved in the document');
}

/** What is decided elsewhere takes its message out of view. */
async function withdrawals(story: Story): Promise<void> {
  const { workbench } = story;
  await ask(story, 'wait again');
  const approved = await workbench.message('bash: echo waited > waited.txt');
  await workbench.focusFirstGroup('notes.md');
  await workbench.goToLine(LINE);
  const isDecided = async () => !(await workbench.hasProblem('turn/approval'));
  await workbench.quickFix('Approve `bash: echo waited', isDecided);
  await approved.waitFor({ state: 'hidden', timeout: TAKEN_BACK_MS });
  report('an approval in the document hides the message');

  await ask(story, 'never mind');
  const stopped = await workbench.message('bash: echo never > never.txt');
  await workbench.command(
    'Preceptor: Stop',
    workbench.statusItem('Preceptor').and(workbench.readyItem('0.1')),
  );
  await stopped.waitFor({ state: 'hidden', timeout: TAKEN_BACK_MS });
  report('stopping the run hides the message');
  await step('nothing ran', () => readWorkspace(story, 'never.txt') === '');
  await step('nothing waits any more', isDecided);
  await workbench.picture('stopped');
}

/** Asks about a line of the notes. */
async function ask({ workbench }: Story, prompt: string): Promise<void> {
  await workbench.focusFirstGroup('notes.md');
  await workbench.goToLine(LINE);
  await workbench.command('Preceptor: Ask…', workbench.box('Ask Preceptor'));
  await workbench.answer('Ask Preceptor', prompt);
}
