/** What a person sees and does in VS Code, by keyboard and mouse. */

import path from 'node:path';

import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

import { waitFor } from './steps.ts';

/** Milliseconds that something may take to appear. */
const PATIENCE_MS = 30_000;

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

  /** Opens a file by its name, and puts the cursor into it. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+KeyP');
    await this.fillQuickInput(name);
    const choice = this.quickChoices().first();
    await choice.getByText(path.basename(name), { exact: true }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page
      .locator('.tab.active', { hasText: path.basename(name) })
      .first()
      .waitFor();
    await this.documentHasFocus();
  }

  /** Puts the cursor at a line, counted from 1. */
  async goToLine(line: number): Promise<void> {
    await this.page.keyboard.press('Control+KeyG');
    await this.fillQuickInput(`:${line}`);
    await this.page.keyboard.press('Enter');
    await this.documentHasFocus();
  }

  /** Types into the document. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Saves the document at work, and waits until no tab shows unsaved changes. */
  async save(): Promise<void> {
    await this.page.keyboard.press('Control+KeyS');
    await this.page.locator('.tab.dirty').first().waitFor({ state: 'detached' });
  }

  /** How many tabs show unsaved changes. */
  dirtyTabs(): Promise<number> {
    return this.page.locator('.tab.dirty').count();
  }

  /** Runs a command by its title. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.fillQuickInput(`>${title}`);
    await this.quickChoices().first().getByText(title).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Answers a box that asks for words. */
  async answer(words: string): Promise<void> {
    await this.fillQuickInput(words);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a quick fix at the cursor by a part of its title. */
  async quickFix(title: string): Promise<void> {
    const menu = this.page.locator('.action-widget:not(.action-list-submenu-panel)');
    await waitFor(`the quick fix “${title}” is offered`, async () => {
      await this.page.keyboard.press('Control+Period');
      await menu.waitFor();
      const isOffered = (await menu.getByText(title).count()) > 0;
      if (!isOffered) {
        await this.page.keyboard.press('Escape');
        await menu.waitFor({ state: 'detached' });
      }
      return isOffered;
    });
    await this.picture('quick-fix');
    await menu.getByText(title).first().click();
  }

  /** Shows the panel with the problems of all documents. */
  async showProblems(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+KeyM');
    await this.page.locator('.markers-panel').waitFor();
  }

  /** Whether the problems include one with a code. */
  async hasProblem(code: string): Promise<boolean> {
    return (await this.problems().filter({ hasText: code }).count()) > 0;
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

  /** Closes a message without an answer. */
  async dismiss(message: Locator): Promise<void> {
    await message.waitFor();
    await message.hover();
    await message.locator('.codicon-notifications-clear').click();
  }

  notification(text: string): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  quickChoices(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** Lines of the documents that are in view. */
  line(text: string): Locator {
    return this.page.locator('.view-lines .view-line', { hasText: text });
  }

  /** Keys that are pressed before would go to the box that was open. */
  private async documentHasFocus(): Promise<void> {
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
  }

  private problems(): Locator {
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  private async fillQuickInput(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget .quick-input-box input');
    await input.waitFor();
    await input.fill(text);
  }
}
