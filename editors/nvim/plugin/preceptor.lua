--- The command `:Preceptor`. What it does is loaded when it is used first.

if vim.g.loaded_preceptor then
  return
end
vim.g.loaded_preceptor = true

vim.api.nvim_create_user_command('Preceptor', function(call)
  require('preceptor.commands').run(call)
end, {
  desc = 'Ask Preceptor for work, stop it, or see its status',
  nargs = '+',
  range = true,
  complete = function(lead, line)
    return require('preceptor.commands').complete(lead, line)
  end,
})
