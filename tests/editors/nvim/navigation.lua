--- From a reference to its skill and back; a rename changes the skill, its folder and who names it.

---@param story Story
return function(story)
  local window = story.show('.claude/skills/list-towns/SKILL.md')

  window:achieve('the references of a skill are listed', '10G0fcgrr', ':cclose<CR>', function()
    return window:shows('SKILL.md|2 col 7-17| name: count-rows')
      and window:shows('SKILL.md|10 col 18-28| 😀 Count with /count-rows first.')
  end)
  window:achieve('the list is closed', ':cclose<CR>', '', function()
    return not window:shows('[Quickfix List]')
  end)
  window:achieve('a reference leads to its skill', '10G0fc<C-]>', '', function()
    return window:shows('count-rows/SKILL.md') and window:shows('# Count rows')
  end)
  window:achieve('and back', '<C-o>', '', function()
    return window:shows('list-towns/SKILL.md') and window:shows('# List towns')
  end)

  window:achieve('the name is asked for', '10G0fcgrn', '<Esc>', function()
    return window:shows('New Name: count-rows')
  end)
  window:achieve('the reference has the new name', '<C-u>tally-rows<CR>', '', function()
    return window:shows('😀 Count with /tally-rows first.')
  end)
  window:step('the folder has the new name, and what is in it is there', function()
    return vim.uv.fs_stat('.claude/skills/count-rows') == nil
      and story.read('.claude/skills/tally-rows/references/größe.md') ~= ''
  end)
  window:achieve('both skills are saved', ':wall<CR>', '', function()
    return story.read('.claude/skills/tally-rows/SKILL.md'):find('\nname: tally-rows\n', 1, true)
        ~= nil
      and story.read('.claude/skills/list-towns/SKILL.md'):find(' /tally-rows ', 1, true) ~= nil
  end)
  window:achieve('the workspace has both skills', ':Symbols t<CR>', ':cclose<CR>', function()
    return window:shows('[Class] tally-rows') and window:shows('[Class] list-towns')
  end)
  window:close()
end
