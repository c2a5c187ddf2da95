// The strict rules that know types; formatting is prettier's.

import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['dist/', 'scripts/', 'eslint.config.mjs'] },
    tseslint.configs.strictTypeChecked,
    {
        languageOptions: {
            parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
        },
        rules: {
            'no-console': 'error',
            '@typescript-eslint/no-confusing-void-expression': [
                'error',
                { ignoreArrowShorthand: true },
            ],
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
        },
    },
);
