--- A bad skill shows its findings; a quick fix clears one.

---@param story Story
return function(story)
  story.open('.agents/skills/count-rows/SKILL.md')
  story.step('the name is found invalid', function()
    return story.has('name/invalid', 2)
  end)
  story.act(2, 'fix the name', function(title)
    return title:find('count-rows', 1, true) ~= nil and not title:find('^Fix all')
  end)
  story.step('the name is mended', function()
    return vim.api.nvim_buf_get_lines(0, 1, 2, true)[1] == 'name: count-rows'
  end)
  story.step('the finding is gone', function()
    return not story.has('name/invalid')
  end)

  vim.cmd.edit('notes.md')
  story.step('other documents have no findings', function()
    local client = vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1]
    return client and #vim.diagnostic.get(0) == 0
  end)
end
