// Packages the extension: `node scripts/package.mjs [--target TARGET --server PROGRAM] [--out FILE]`.
//
// Without a target the package holds no program, and one is looked for on the PATH. With one, the
// program is packed as bin/preceptor (bin/preceptor.exe) and found there.

import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { createVSIX } from '@vscode/vsce';

const { values } = parseArgs({
    options: {
        target: { type: 'string' },
        server: { type: 'string' },
        out: { type: 'string' },
    },
});
const { target, server, out } = values;
if ((target === undefined) !== (server === undefined)) {
    console.error('--target and --server belong together: a program runs on one platform only');
    process.exit(2);
}

const folder = path.dirname(import.meta.dirname);
const bin = path.join(folder, 'bin');
const licenses = ['LICENSE-APACHE', 'LICENSE-MIT'];

// A program of an earlier target must not get into this package.
await rm(bin, { recursive: true, force: true });
if (server !== undefined) {
    const program = path.join(bin, target.startsWith('win32') ? 'preceptor.exe' : 'preceptor');
    await mkdir(bin);
    await copyFile(server, program);
    await chmod(program, 0o755);
}
for (const license of licenses) {
    await copyFile(path.join(folder, '../..', license), path.join(folder, license));
}
try {
    execFileSync(process.execPath, ['scripts/bundle.mjs'], { cwd: folder, stdio: 'inherit' });
    await createVSIX({
        cwd: folder,
        dependencies: false,
        allowMissingRepository: true,
        skipLicense: true,
        packagePath: out,
        target,
    });
} finally {
    await rm(bin, { recursive: true, force: true });
    await Promise.all(licenses.map(license => rm(path.join(folder, license))));
}
