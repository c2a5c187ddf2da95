/** What a person sees and does in VS Code, by keyboard and mouse. */

import path from 'node:path';

import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

import { persist, waitUntil } from './persist.ts';

/** Milliseconds that something may take to appear. */
const PATIENCE_MS = 30_000;

/** Milliseconds that a message is looked for among those in view, less than it stays there. */
const MESSAGE_MS = 10_000;

export class Workbench {
  private readonly browser: BrowserContext;
  private readonly page: Page;
  private readonly screenshots: string;
  private static screenshotCount = 0;

  private constructor(browser: BrowserContext, page: Page, screenshots: string) {
    this.browser = browser;
    this.page = page;
    this.screenshots = screenshots;
  }

  /** Opens a folder in a browser of its own. */
  static async open(
    address: string,
    folder: string,
    profile: string,
    screenshots: string,
  ): Promise<Workbench> {
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      viewport: { width: 1400, height: 900 },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    browser.setDefaultTimeout(PATIENCE_MS);
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(`${address}/?folder=${folder}`);
    await page.locator('.monaco-workbench .explorer-folders-view').waitFor();
    return new Workbench(browser, page, screenshots);
  }

  /** Closes the window in order, so that the extension ends its server. */
  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Keeps what is seen as a numbered picture. */
  async picture(name: string): Promise<void> {
    Workbench.screenshotCount += 1;
    const number = String(Workbench.screenshotCount).padStart(2, '0');
    const file = path.join(this.screenshots, `${number}-${name}.png`);
    await this.page.screenshot({ path: file, animations: 'disabled' });
  }

  /** Opens a file by its path below the folder, and puts the cursor into it. */
  async openFile(name: string): Promise<void> {
    const { base, dir } = path.parse(name);
    const folder = path.basename(dir);
    await persist(`${name} is opened`, async timeout => {
      await this.openQuickInput('Control+KeyP', name, timeout);
      // Until the search ends, the list has files that were opened before.
      const choice = this.quickChoices().first().filter({ hasText: dir });
      await choice.getByText(base, { exact: true }).first().waitFor({ timeout });
      await this.page.keyboard.press('Enter');
      await this.documentHasFocus(base, timeout);
      const place = this.page.locator('.editor-group-container.active .monaco-breadcrumbs');
      await place.filter({ hasText: folder }).waitFor({ timeout });
    });
  }

  /** Puts the focus into the first group of editors, where a document is shown. */
  async focusFirstGroup(name: string): Promise<void> {
    await persist(`${name} has the focus`, async timeout => {
      await this.page.keyboard.press('Control+Digit1');
      await this.documentHasFocus(name, timeout);
    });
  }

  /** Puts the cursor at a line and a column, both counted from 1. */
  async goToLine(line: number, column = 1): Promise<void> {
    await persist(`the cursor is in line ${line}`, async timeout => {
      await this.openQuickInput('Control+KeyG', `:${line}:${column}`, timeout);
      await this.page.keyboard.press('Enter');
      await this.documentHasFocus('', timeout);
      await this.statusItem(`Ln ${line},`).waitFor({ timeout });
    });
  }

  /** Presses keys, one after the other, until they have an effect; they may be pressed twice. */
  async pressUntil(
    what: string,
    keys: string[],
    effect: (timeout: number) => Promise<void>,
  ): Promise<void> {
    await persist(what, async timeout => {
      for (const key of keys) {
        await this.page.keyboard.press(key);
      }
      await effect(timeout);
    });
  }

  /** Types a beginning, has VS Code offer what it may become, and takes the one that has some words. */
  async complete(typed: string, words: string, written: string): Promise<void> {
    const choice = this.suggestions(words).locator('.monaco-list-row', { hasText: words });
    await this.type(typed);
    await this.pressUntil(`“${words}” is offered`, ['Escape', 'Control+Space'], timeout =>
      choice.first().waitFor({ timeout }),
    );
    await this.picture('suggestions');
    if ((await choice.count()) !== 1) {
      throw new Error(`“${words}” is offered more than once`);
    }
    await persist(`“${words}” is taken`, async timeout => {
      if (await choice.first().isVisible()) {
        await choice.first().click({ timeout });
      }
      await this.line(written).first().waitFor({ timeout });
    });
  }

  /** The list of what may be typed, if it has some words. */
  suggestions(words: string): Locator {
    return this.page.locator('.suggest-widget.visible', { hasText: words });
  }

  /** What is told of the word at the cursor. */
  hover(text: string): Locator {
    return this.page.locator('.monaco-hover:visible', { hasText: text });
  }

  /** Opens a list of symbols and waits for one of them. */
  async symbols(keys: string, typed: string, name: string): Promise<void> {
    await persist(`“${name}” is among the symbols`, async timeout => {
      await this.openQuickInput(keys, typed, timeout);
      await this.quickChoices().filter({ hasText: name }).first().waitFor({ timeout });
    });
  }

  /** Renames what is at the cursor, until a line is as it shall be. */
  async rename(name: string, line: string): Promise<void> {
    const input = this.page.locator('.rename-box input');
    await this.pressUntil('the new name is asked for', ['F2'], timeout =>
      input.waitFor({ timeout }),
    );
    await this.picture('rename');
    await input.fill(name);
    await this.page.keyboard.press('Enter');
    await this.line(line).waitFor();
  }

  /** What is told of the token at the cursor. */
  tokenInspector(text: string): Locator {
    return this.page.locator('.token-inspect-widget', { hasText: text });
  }

  /** Types into the document. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Saves the document at work, and waits until no tab shows unsaved changes. */
  async save(): Promise<void> {
    await persist('the document is saved', async timeout => {
      await this.page.keyboard.press('Control+KeyS');
      await this.page.locator('.tab.dirty').first().waitFor({ state: 'detached', timeout });
    });
  }

  /** Saves the document at work, changed or not, until that has an effect. */
  async saveUntil(what: string, isDone: () => boolean): Promise<void> {
    await this.pressUntil(what, ['Control+KeyS'], timeout => waitUntil(isDone, timeout));
  }

  /** Saves all documents until that has an effect. */
  async saveAll(what: string, isDone: () => boolean): Promise<void> {
    const title = 'File: Save All';
    await persist(what, async timeout => {
      await this.openQuickInput('F1', `>${title}`, timeout);
      await this.quickChoices().first().getByText(title).first().waitFor({ timeout });
      await this.page.keyboard.press('Enter');
      await waitUntil(isDone, timeout);
    });
  }

  /** How many tabs show unsaved changes. */
  dirtyTabs(): Promise<number> {
    return this.page.locator('.tab.dirty').count();
  }

  /** Runs a command by its title; `shows` is what it leads to. */
  async command(title: string, shows: Locator): Promise<void> {
    await persist(`“${title}” is run`, async timeout => {
      await this.openQuickInput('F1', `>${title}`, timeout);
      await this.quickChoices().first().getByText(title).first().waitFor({ timeout });
      await this.page.keyboard.press('Enter');
      await shows.waitFor({ timeout });
    });
  }

  /** The box with a title that asks for words. */
  box(title: string): Locator {
    return this.quickInput().filter({ has: this.page.getByText(title, { exact: true }) });
  }

  /** Answers the box with a title. */
  async answer(title: string, words: string): Promise<void> {
    const box = this.box(title);
    await box.waitFor();
    await persist(`“${title}” is answered`, async timeout => {
      // A box that is gone took an earlier attempt, late.
      if (await box.isVisible()) {
        await box.locator('input').first().fill(words, { timeout });
        await this.page.keyboard.press('Enter');
        await box.waitFor({ state: 'hidden', timeout });
      }
    });
  }

  /** Leaves the box with a title without an answer. */
  async cancel(title: string): Promise<void> {
    const box = this.box(title);
    await box.waitFor();
    await persist(`“${title}” is left`, async timeout => {
      if (await box.isVisible()) {
        await box.locator('input').first().press('Escape', { timeout });
        await box.waitFor({ state: 'hidden', timeout });
      }
    });
  }

  /** Chooses a quick fix at the cursor, by a part of its title, until `isDone` tells its effect. */
  async quickFix(title: string, isDone: () => boolean | Promise<boolean>): Promise<void> {
    const menu = this.page.locator('.action-widget:not(.action-list-submenu-panel)');
    await persist(`the quick fix “${title}” is chosen`, async timeout => {
      if (await isDone()) {
        return;
      }
      if (await menu.isVisible()) {
        await this.page.keyboard.press('Escape');
        await menu.waitFor({ state: 'hidden', timeout });
      }
      await this.page.keyboard.press('Control+Period');
      const item = menu.getByText(title).first();
      await item.waitFor({ timeout });
      await this.picture('quick-fix');
      await item.click({ timeout });
      await waitUntil(isDone, timeout);
    });
  }

  /** Clicks one of several lenses until what it does has begun, which `hasBegun` tells. */
  async clickLens(
    title: string,
    number: number,
    hasBegun: () => boolean | Promise<boolean>,
  ): Promise<void> {
    // Lenses come in the order of their lines. One that is yet to come must not be taken for another.
    const lens = this.lens(title).nth(number - 1);
    await lens.waitFor();
    await persist(`the lens “${title}” is clicked`, async timeout => {
      if (!(await hasBegun())) {
        await lens.click({ timeout });
        await waitUntil(hasBegun, timeout);
      }
    });
  }

  /** Shows the panel with the problems of all documents. */
  async showProblems(): Promise<void> {
    const panel = this.page.locator('.markers-panel');
    await persist('the problems are shown', async timeout => {
      // The same keys hide the panel if it has the focus.
      if (!(await panel.isVisible())) {
        await this.page.keyboard.press('Control+Shift+KeyM');
        await panel.waitFor({ timeout });
      }
    });
  }

  /** Shows what the status bar's item leads to, and waits for one of the choices. */
  async showStatus(choice: string): Promise<void> {
    await persist('the status bar leads to choices', async timeout => {
      await this.closeQuickInput(timeout);
      await this.statusItem('Preceptor').click({ timeout });
      await this.quickChoices().filter({ hasText: choice }).waitFor({ timeout });
    });
  }

  /** Closes the list or the box on top. */
  async closeQuickInput(timeout?: number): Promise<void> {
    if (timeout === undefined) {
      await persist('the list is closed', it => this.closeQuickInput(it));
    } else if (await this.quickInput().isVisible()) {
      await this.page.keyboard.press('Escape');
      await this.quickInput().waitFor({ state: 'hidden', timeout });
    }
  }

  /** Whether the problems include one with a code. */
  async hasProblem(code: string): Promise<boolean> {
    return (await this.problems().filter({ hasText: code }).count()) > 0;
  }

  /** How many problems have a code. */
  countProblems(code: string): Promise<number> {
    return this.problems().filter({ hasText: code }).count();
  }

  /** The problems, each as one line, for the report of a failure. */
  async listProblems(): Promise<string[]> {
    return this.problems().allInnerTexts();
  }

  squiggles(): Locator {
    return this.page.locator('.monaco-editor .squiggly-error, .monaco-editor .squiggly-warning');
  }

  lens(title: string): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: title });
  }

  /** Lenses that say something and lead nowhere. */
  lensWords(text: string): Locator {
    return this.page.locator('.codelens-decoration', { hasText: text });
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  statusItem(text: string): Locator {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  setting(name: string): Locator {
    return this.page.locator('.settings-editor .setting-item-contents', { hasText: name });
  }

  /** The status bar's item while nobody works, by a part of the server's version. */
  readyItem(version: string): Locator {
    return this.page.locator(`.statusbar-item[aria-label*="Preceptor ${version}"]`);
  }

  /** Waits for a message; one that is no longer in view is listed behind the bell. */
  async message(text: string): Promise<Locator> {
    const message = this.messages(text).first();
    try {
      await message.waitFor({ timeout: MESSAGE_MS });
    } catch {
      await this.page.locator('[id="status.notifications"]').click();
      await message.waitFor();
    }
    return message;
  }

  /** The messages in view. */
  messages(text: string): Locator {
    return this.page.locator('.notification-list-item', { hasText: text });
  }

  /** The titles of a message's buttons. */
  buttons(message: Locator): Promise<string[]> {
    return message.locator('.monaco-button').allInnerTexts();
  }

  /** Chooses one of a message's buttons, which closes it. */
  async choose(message: Locator, button: string): Promise<void> {
    await this.clickAway(message, `.monaco-button:text-is("${button}")`, `“${button}” is chosen`);
  }

  /** Closes a message without an answer. */
  async dismiss(message: Locator): Promise<void> {
    await this.clickAway(message, '.codicon-notifications-clear', 'the message is closed');
  }

  quickChoices(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** Lines of the documents that are in view. */
  line(text: string): Locator {
    return this.page.locator('.view-lines .view-line', { hasText: text });
  }

  /** Keys that are pressed before would go to the box that was open. */
  private async documentHasFocus(name: string, timeout: number): Promise<void> {
    const group = this.page.locator('.editor-group-container.active');
    await this.quickInput().waitFor({ state: 'hidden', timeout });
    await group.locator('.tab.active', { hasText: name }).waitFor({ timeout });
    await group.locator('.monaco-editor.focused').waitFor({ timeout });
  }

  private async clickAway(message: Locator, target: string, what: string): Promise<void> {
    // Another message with the same words may take its place, which must not be clicked.
    const shown = await message.elementHandle();
    await persist(what, async timeout => {
      // A message that is gone took an earlier attempt, late.
      if (shown !== null && (await shown.isVisible())) {
        await shown.hover({ timeout });
        await (await shown.waitForSelector(target, { timeout })).click({ timeout });
        await shown.waitForElementState('hidden', { timeout });
      }
    });
  }

  private problems(): Locator {
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  private quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  private async openQuickInput(keys: string, text: string, timeout: number): Promise<void> {
    // Also what is no quick input may take the keys, such as the suggestions of a search box.
    await this.page.keyboard.press('Escape');
    await this.quickInput().waitFor({ state: 'hidden', timeout });
    await this.page.keyboard.press(keys);
    await this.quickInput().locator('.quick-input-box input').fill(text, { timeout });
  }
}
