--- `:Preceptor` takes back, asks again, goes on, shortens and shows.

--- What was said so far.
---@param text string
---@return boolean
local function is_said(text)
  return vim.api.nvim_exec2('messages', { output = true }).output:find(text, 1, true) ~= nil
end

---@param story Story
return function(story)
  vim.notify = function(text)
    vim.api.nvim_echo({ { text } }, true, {})
  end
  story.open('notes.md')
  vim.cmd('Preceptor undo')
  story.step('there is nothing to take back', function()
    return is_said('there is no run yet')
  end)
  vim.cmd('Preceptor resume')
  story.step('there is nothing to go on with', function()
    return is_said('nothing was broken off')
  end)

  story.ask(3)
  story.step('the student wrote a file and answered', function()
    return vim.startswith(story.read('counted.txt'), '3\n')
      and story.is_in_a_transcript('The student counted 3 data rows.')
  end)
  vim.cmd('Preceptor undo')
  story.step('the only run lost its request, and the file is gone', function()
    return is_said('as before: counted.txt') and vim.uv.fs_stat('counted.txt') == nil
  end)

  vim.cmd('Preceptor retry')
  story.step('the request was asked again', function()
    return is_said('asked again: ') and vim.startswith(story.read('counted.txt'), '3\n')
  end)
  story.step('the student answered again', function()
    local transcript = story.read(vim.fn.glob('.preceptor/runs/*/transcript.md'))
    return select(2, transcript:gsub('The student counted 3 data rows%.', '')) == 2
  end)
  vim.cmd('Preceptor compact')
  story.step('the history is shorter', function()
    return is_said('shortens the history: ')
      and story.is_in_a_transcript('Earlier messages are replaced by notes.')
  end)

  vim.cmd('2Preceptor ask take your time')
  story.step('another run waits for a person', function()
    return story.has('turn/approval', 2)
  end)
  ---@type string[]
  local offered
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how a choice is made
  vim.ui.select = function(items, options, chosen)
    offered = vim.tbl_map(options.format_item or tostring, items)
    chosen(items[1])
  end
  vim.cmd('Preceptor runs')
  story.step('the transcript of the chosen run is shown', function()
    return vim.api.nvim_buf_get_name(0):match('take%-your%-time/transcript%.md$') ~= nil
  end)
  story.step('all runs were offered, the latest first', function()
    return #offered == 2 and offered[1] == 'take your time (waiting)'
  end)
  -- Its transcript is the current buffer: nothing is left to be chosen.
  offered = {}
  vim.cmd('Preceptor stop')
  story.step('the run that is shown was stopped', function()
    return is_said('stopped: take your time') and #offered == 0
  end)
  -- What is asked to stop is still under way for a moment.
  story.step('the document tells that the request was stopped', function()
    for _, diagnostic in ipairs(vim.diagnostic.get(vim.fn.bufnr('notes.md'))) do
      if diagnostic.code == 'turn/interrupted' then
        return true
      end
    end
    return false
  end)
  vim.cmd('Preceptor resume')
  story.step('the run that is shown goes on', function()
    return is_said('goes on: take your time') and story.is_in_a_transcript('Went on to the end.')
  end)
end
