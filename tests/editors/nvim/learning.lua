--- The student fails, the teacher takes over, its skill is accepted, and the student uses it.

---@param story Story
return function(story)
  local skill = '.agents/skills/count-csv-rows/SKILL.md'

  story.open('notes.md')
  local notes = vim.api.nvim_get_current_buf()
  story.ask(3)
  story.step('the takeover is shown at the request', function()
    return story.has('turn/takeover', 3)
  end)
  story.step('the failure is shown at the request', function()
    return story.has('turn/failed', 3)
  end)
  story.step('the proposal is shown at the request', function()
    return story.has('turn/proposal', 3)
  end)
  story.step('the teacher answered', function()
    return story.is_in_a_transcript('The teacher counted 3 data rows.')
  end)
  story.step('the student has tried it', function()
    for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = 2 })) do
      if diagnostic.code == 'turn/proposal' and diagnostic.message:find('Verified.', 1, true) then
        return true
      end
    end
    return false
  end)

  story.act(3, 'accept the skill', function(title, command)
    return vim.startswith(title, 'Accept skill') and command == 'preceptor.proposal.accept'
  end)
  story.step('the skill is on disk', function()
    return story.read(skill):find('name: count-csv-rows', 1, true) ~= nil
  end)
  local check = vim.system({ 'preceptor', 'check', skill }, { text = true }):wait()
  story.step('the accepted skill has no errors: ' .. vim.trim(check.stdout or ''), function()
    return check.code == 0
  end)

  vim.api.nvim_set_current_buf(notes)
  vim.api.nvim_buf_set_lines(notes, -1, -1, true, {
    '',
    '@preceptor and how many data rows are in data.csv today?',
  })
  local line = vim.api.nvim_buf_line_count(notes)
  story.ask(line)
  story.step('the student answers by the skill', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
  story.step('nothing failed this time', function()
    return not story.has('turn/failed') and not story.has('turn/takeover', line)
  end)
end
