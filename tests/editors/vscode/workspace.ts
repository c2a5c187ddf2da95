/** The folder that the stories work in, and the settings of its user. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the skill with a bad name lies. */
export const badSkill = '.agents/skills/list-tables/SKILL.md';

const files: Record<string, string> = {
  'notes.md': `# Notes on the towns

@preceptor how many data rows has data/towns.csv?

The table came by mail.
`,
  'data/towns.csv': 'town,people\nVik,298\nMoss,37\nHamar,28\nBodø,41\n',
  [badSkill]: `---
name: List Tables
description: Lists the CSV files of a folder. Use when somebody asks which tables there are.
---

# List tables

Run \`find . -name '*.csv'\` with \`bash\`, and answer with the paths.
`,
};

/** Writes the folder. */
export function writeWorkspace(folder: string): void {
  for (const [name, text] of Object.entries(files)) {
    write(path.join(folder, name), text);
  }
}

/** What the stories of a window need of the user's settings. */
export interface Configuration {
  /** What runs without asking. */
  approval: 'ask' | 'full';
  /** The file below `models` with the student's answers. */
  student: string;
}

/** Writes the user's settings of Preceptor: models that read their answers from files. */
export function writeConfiguration(home: string, { approval, student }: Configuration): void {
  const models = path.join(import.meta.dirname, 'models');
  const file = path.join(home, '.config/preceptor/config.toml');
  write(
    file,
    `approval = { mode = "${approval}" }
budget = { unknown_price = "allow" }

[student]
provider = "script"
script = "${models}/${student}"
model = "small"
context_window = 32768

[teacher]
enabled = true
provider = "script"
script = "${models}/teacher.toml"
model = "large"
context_window = 32768
`,
  );
}

/** Writes a file and the folders above it. */
export function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
