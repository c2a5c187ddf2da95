--- `:Preceptor` asks for work at a line, shows the status and stops what is under way.

--- What was said so far.
---@return string
local function messages()
  return vim.api.nvim_exec2('messages', { output = true }).output
end

---@param text string
---@return boolean
local function is_said(text)
  return messages():find(text, 1, true) ~= nil
end

---@param story Story
return function(story)
  vim.notify = function(text)
    vim.api.nvim_echo({ { text } }, true, {})
  end
  story.step('subcommands are completed', function()
    return vim.deep_equal(vim.fn.getcompletion('Preceptor ', 'cmdline'), {
      'ask',
      'compact',
      'resume',
      'retry',
      'runs',
      'status',
      'stop',
      'takeover',
      'teach',
      'undo',
      'verify',
    })
      and vim.deep_equal(vim.fn.getcompletion('Preceptor st', 'cmdline'), { 'status', 'stop' })
      and vim.deep_equal(vim.fn.getcompletion('Preceptor stop ', 'cmdline'), {})
  end)
  vim.cmd('Preceptor status')
  story.step('without a server it is said how to have one', function()
    return is_said('no server is running')
  end)

  story.open('notes.md')
  vim.cmd('Preceptor begin')
  story.step('an unknown subcommand is named, with those that are there', function()
    return is_said('there is no "begin"; there are: ask, compact, resume, retry')
  end)
  vim.cmd('Preceptor stop')
  story.step('nothing is there to be stopped', function()
    return is_said('nothing is under way')
  end)
  vim.cmd('Preceptor verify how many rows are there?')
  story.step('only a skill can be tried', function()
    return is_said('open the SKILL.md that the student is to try')
  end)

  ---@diagnostic disable-next-line: duplicate-set-field -- this is how typing is replaced
  vim.ui.input = function(_, typed)
    typed('count what is typed here')
  end
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.cmd('Preceptor ask')
  story.step('the command waits at the line of the cursor', function()
    return story.has('turn/approval', 1)
  end)
  vim.cmd('Preceptor status')
  story.step('the status tells of the student and the run', function()
    return is_said('student: served-model at http://127.0.0.1:')
      and is_said('/v1 answers')
      and is_said('teacher: none is enabled')
      and is_said('runs under way: 1, proposals that wait: 0, spent today: $0.00')
  end)
  vim.cmd('Preceptor stop')
  story.step('the run was stopped', function()
    return story.has('turn/interrupted', 1) and is_said('stopped: count what is typed here')
  end)
  story.step('nothing ran', function()
    return vim.uv.fs_stat('counted.txt') == nil
  end)

  vim.cmd('3Preceptor ask and how many now?')
  story.step('the student answered', function()
    return story.is_in_a_transcript('The student counted 3 data rows.')
  end)
end
