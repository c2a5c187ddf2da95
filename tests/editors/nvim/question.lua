--- A command that waits is asked about by Neovim's own choice, which shows it in full.

---@param story Story
return function(story)
  story.answer_questions()
  local asked = {} ---@type string[]
  local titles = {} ---@type string[]
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how a choice is replaced
  vim.ui.select = function(items, options, choose)
    asked[#asked + 1] = options.prompt
    for _, item in ipairs(items) do
      titles[#titles + 1] = item.title
    end
    choose(items[1])
  end
  story.open('notes.md')
  story.ask(3)
  story.step('the command ran', function()
    return story.read('counted.txt') == '3\n'
  end)
  story.step('it was asked about once, in full', function()
    local command = 'tail -n +2 data.csv | wc -l > counted.txt'
    return #asked == 1 and asked[1]:find(command, 1, true) ~= nil
  end)
  story.step('the question had four answers', function()
    local offered = { 'Approve', 'Approve for this run', 'Always approve here', 'Reject' }
    return vim.deep_equal(titles, offered)
  end)
  story.step('nothing waits any more', function()
    return not story.has('turn/approval')
  end)
  story.step('the student answered', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
end
