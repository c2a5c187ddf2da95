--- An edit that waits is asked about with the file before and after it, in windows that compare them.

---@param story Story
return function(story)
  story.answer_questions()
  local asked = {} ---@type string[]
  local compared = {} ---@type string[]
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how a choice is replaced
  vim.ui.select = function(items, options, choose)
    asked[#asked + 1] = options.prompt
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      if vim.wo[window].diff then
        local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true)
        compared[#compared + 1] = table.concat(lines, '\n')
      end
    end
    choose(items[1])
  end
  story.open('notes.md')
  story.ask(3)
  story.step('the file was changed', function()
    return story.read('data.csv'):find('Trondheim', 1, true) ~= nil
  end)
  story.step('it was asked about once', function()
    local question = asked[1] or ''
    return #asked == 1 and question:find('Edit a file: data.csv', 1, true) ~= nil
  end)
  story.step('the file was compared with what it would become', function()
    local before = 'city,people\nOslo,709\nBergen,291\nTromsø,77'
    local after = before:gsub('Bergen,291', 'Trondheim,212')
    return vim.deep_equal(compared, { before, after })
  end)
  story.step('the comparison is gone', function()
    return #vim.api.nvim_list_tabpages() == 1 and vim.fs.basename(vim.api.nvim_buf_get_name(0)) == 'notes.md'
  end)
  story.step('the student answered', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
end
