--- An edit that waits is asked about with its difference, and the hover has it too.

---@param story Story
return function(story)
  vim.lsp.handlers['window/showMessageRequest'] = story.show_question
  local asked = {} ---@type string[]
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how a choice is replaced
  vim.ui.select = function(items, options, choose)
    asked[#asked + 1] = options.prompt
    choose(items[1])
  end
  story.open('notes.md')
  story.ask(3)
  story.step('the file was changed', function()
    return story.read('data.csv'):find('Trondheim', 1, true) ~= nil
  end)
  story.step('it was asked about once, with its difference', function()
    local question = asked[1] or ''
    return #asked == 1
      and question:find('Edit a file: data.csv', 1, true) ~= nil
      and question:find('@@ -1,4 +1,4 @@', 1, true) ~= nil
      and question:find('-Bergen,291\n+Trondheim,212', 1, true) ~= nil
  end)
  story.step('the student answered', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
end
