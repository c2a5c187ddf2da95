--- Fields, values and files are completed by the keys of insert mode; hover explains them.

---@param story Story
return function(story)
  local window = story.show('.claude/skills/count-rows/SKILL.md')

  --- Types at the end of a line, opens the menu and takes its first entry.
  ---@param line integer Counted from 1
  ---@param typed string
  ---@param offered string
  ---@param written string
  local function complete(line, typed, offered, written)
    local keys = ('%dGA%s<C-x><C-o>'):format(line, typed)
    window:achieve(('“%s” offers “%s”'):format(typed, offered), keys, '<Esc>u', function()
      return window:shows(offered)
    end)
    window:achieve(('“%s” is written'):format(written), '<C-n>', '<C-p>', function()
      return window:shows(written)
    end)
    window:press('<Esc>')
  end

  ---@param keys string
  ---@param text string
  local function hover(keys, text)
    window:achieve(('hover shows “%s”'):format(text), keys .. 'K', '', function()
      return window:shows(text)
    end)
  end

  window:step('the server shows what it knows of the skill', function()
    return window:shows('found by Claude Code') and window:shows('body ~')
  end)
  complete(4, 'eff', 'effort Property Claude Code', 'effort: ')
  complete(4, 'me', 'medium Value', 'effort: medium')
  complete(9, '(', 'references/größe.md File', '😀 See [sizes](references/größe.md')
  window:press('A).<Esc>')

  hover('4G0', 'Read by: Claude Code')
  window:achieve('hover goes away with the cursor', 'j', 'k', function()
    return not window:shows('Read by: Claude Code')
  end)
  hover('9G0fr', 'Rows are counted')
  window:close()
end
