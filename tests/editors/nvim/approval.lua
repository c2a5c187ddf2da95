--- A command waits at the request's line until it is approved there.

---@param story Story
return function(story)
  story.open('notes.md')
  story.ask(3)
  story.step('the command waits at the request', function()
    return story.has('turn/approval', 3)
  end)
  story.step('it has not run', function()
    return vim.uv.fs_stat('counted.txt') == nil
  end)
  story.act(3, 'approve the command once', function(title, command)
    return command == 'preceptor.approve'
      and vim.startswith(title, 'Approve')
      and not title:find('for this run', 1, true)
  end)
  story.step('the command ran', function()
    return story.read('counted.txt') == '3\n'
  end)
  story.step('nothing waits any more', function()
    return not story.has('turn/approval')
  end)
  story.step('the student answered', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
end
