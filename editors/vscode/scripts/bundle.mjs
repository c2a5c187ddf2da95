// Bundles the extension into dist/extension.js: `node scripts/bundle.mjs [--watch]`.

import { build, context } from 'esbuild';

const options = {
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    bundle: true,
    external: ['vscode'],
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
};

if (process.argv.includes('--watch')) {
    const watched = await context({ ...options, minify: false, sourcemap: true });
    await watched.watch();
} else {
    await build(options);
}
