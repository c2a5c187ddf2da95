/** The folder that the stories work in, and the settings of its user. */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the skill with a bad name lies. */
export const badSkill = '.agents/skills/list-tables/SKILL.md';

/** Three of its findings have a safe fix. */
export const mendableSkill = '.agents/skills/sum-columns/SKILL.md';

/** It names the other one, behind a character of two UTF-16 units. */
export const namingSkill = '.agents/skills/plan-trips/SKILL.md';

/** It is named by the other one. */
export const namedSkill = '.agents/skills/draw-maps/SKILL.md';

const files: Record<string, string> = {
  'notes.md': `# Notes on the towns

@preceptor how many data rows has data/towns.csv?

The table came by mail.
`,
  'trials.md': `# Trials

@preceptor which town of data/towns.csv is the largest?

@preceptor how many people live in the towns of data/towns.csv?

@preceptor which town of data/towns.csv is named first?
`,
  'updates.md': `# Updates

@preceptor which town of data/towns.csv is the smallest?

@preceptor which town of data/towns.csv is the smallest by now?
`,
  'data/towns.csv': 'town,people\nVik,298\nMoss,37\nHamar,28\nBodø,41\n',
  [badSkill]: `---
name: List Tables
description: Lists the CSV files of a folder. Use when somebody asks which tables there are.
---

# List tables

Run \`find . -name '*.csv'\` with \`bash\`, and answer with the paths.
`,
  [mendableSkill]: `---
name: sum-columns
description: Adds up a column of a table. Use when somebody asks for the sum of a column.
metadata:
  version: 1.0
allowed-tools: [bash, read_file]
---

# Sum columns

1. Read the header of the file with \`read_file\`.
2. Take the number of the column from it.
2. Run \`awk -F, '{ sum += $2 } END { print sum }' FILE\` with \`bash\`.
`,
  [namedSkill]: `---
name: draw-maps
description: Draws a map of places as an SVG image. Use when somebody wants a map.
---

# Draw maps

Keep to the [colors](references/colors.md).
`,
  '.agents/skills/draw-maps/references/colors.md': '# Colors\n\nWater is #aadaff.\n',
  [namingSkill]: `---
name: plan-trips
description: Plans a trip through several towns. Use when somebody wants to travel.

---

# Plan trips

## Order

Go to the nearest town that is left.

## Map

😀 Draw it with /draw-maps at the end.
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
  /** More lines of the teacher's table. */
  teacher?: string;
  /** Tables of prices. */
  prices?: string;
}

/** Writes the user's settings of Preceptor: models that read their answers from files. */
export function writeConfiguration(
  home: string,
  { approval, student, teacher, prices }: Configuration,
): void {
  const models = path.join(import.meta.dirname, 'models');
  const file = path.join(home, '.config/preceptor/config.toml');
  write(
    file,
    `approval = { mode = "${approval}" }

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
${teacher ?? ''}

[budget]
unknown_price = "allow"
${prices ?? ''}
`,
  );
}

/** Writes a file and the folders above it. */
export function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
