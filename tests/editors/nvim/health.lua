--- The health check finds the program and the client, and its help has tags.

---@param story Story
return function(story)
  story.open('notes.md')
  vim.cmd.checkhealth('preceptor')
  local report = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  story.step('the program is found', function()
    return report:find('OK preceptor %d') ~= nil
  end)
  story.step('the client is found', function()
    return report:find('Attached to 1 documents', 1, true) ~= nil
  end)
  story.step('there is no error', function()
    return report:find('ERROR', 1, true) == nil
  end)
end
