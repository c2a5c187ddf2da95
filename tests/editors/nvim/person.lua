--- The settings of a person who has Neovim show all that a server offers.

vim.o.swapfile = false
vim.o.shortmess = vim.o.shortmess .. 'I'
vim.o.completeopt = 'menuone,noselect'
vim.o.foldlevelstart = 99
vim.diagnostic.config({ virtual_text = true, severity_sort = true })
vim.lsp.inlay_hint.enable()
vim.lsp.codelens.enable()
vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    vim.wo.foldmethod = 'expr'
    vim.wo.foldexpr = 'v:lua.vim.lsp.foldexpr()'
    vim.keymap.set('n', 'go', vim.lsp.buf.document_symbol, { buffer = event.buf })
    vim.keymap.set('n', 'gf', function()
      ---@diagnostic disable-next-line: param-type-mismatch -- Neovim adds the diagnostics
      vim.lsp.buf.code_action({
        context = { only = { 'source.fixAll.preceptor' } },
        apply = true,
      })
    end, { buffer = event.buf })
  end,
})
vim.api.nvim_create_user_command('Symbols', function(arguments)
  vim.lsp.buf.workspace_symbol(arguments.args)
end, { nargs = 1 })
vim.lsp.enable('preceptor')
