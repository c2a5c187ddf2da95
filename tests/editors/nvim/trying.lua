--- The student tries a skill on a request that a person names, on the line or when asked for it.

--- Whether something was said; a message that is longer than the screen is broken into lines.
---@param text string
---@return boolean
local function is_said(text)
  local said = vim.fn.execute('messages'):gsub('%s+', '')
  return said:find((text:gsub('%s+', '')), 1, true) ~= nil
end

--- Waits for what comes of a trial, and looks whether it was about a request.
---@param story Story
---@param request string
local function is_verified_on(story, request)
  story.step('the student tries it', function()
    return is_said('the student tries it with the skill')
  end)
  story.step('a message tells what came of it', function()
    return is_said('Skill `count-csv-rows`: Verified.') and is_said('verification.md')
  end)
  story.step('it was tried on: ' .. request, function()
    local home = assert(vim.env.HOME)
    local pages = vim.fs.find('verification.md', { path = home, type = 'file', limit = math.huge })
    return #vim.tbl_filter(function(path)
      return story.read(path):find('> ' .. request, 1, true) ~= nil
    end, pages) == 1
  end)
end

---@param story Story
return function(story)
  vim.notify = function(text)
    vim.api.nvim_echo({ { text } }, true, {})
  end
  story.open('.agents/skills/count-csv-rows/SKILL.md')
  vim.cmd('Preceptor verify how many rows has data.csv?')
  is_verified_on(story, 'how many rows has data.csv?')

  vim.cmd.messages('clear')
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how typing is replaced
  vim.ui.input = function(options, typed)
    local prompt = options and options.prompt or ''
    typed(vim.startswith(prompt, 'Which request') and 'count the rows' or nil)
  end
  vim.cmd('Preceptor verify')
  is_verified_on(story, 'count the rows')

  vim.cmd.messages('clear')
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how a person thinks better of it
  vim.ui.input = function(_, typed)
    typed(nil)
  end
  vim.cmd('Preceptor verify')
  story.step('closing the question begins nothing', function()
    return not is_said('the student tries it')
  end)
end
