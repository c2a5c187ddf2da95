--- A skill has findings, an outline, folds, hints and lenses; one key mends all that can be mended.

---@param story Story
return function(story)
  local window = story.show('.agents/skills/sum-columns/SKILL.md')

  window:step('findings stand at their lines', function()
    return window:shows('`Sum Columns` is no valid name')
      and window:shows('`version` is a number')
      and window:shows('Two steps are number 2')
  end)
  window:step('the lens tells of runs, hints of clients and tokens', function()
    return window:shows('used by 0 runs')
      and window:shows('found by VS Code (Copilot) and ')
      and window:shows('a column. ~')
      and window:shows('body ~')
  end)
  window:step('each finding is there once', function()
    return window:count('■') == 3 and window:shows('E:1 W:1 H:1')
  end)

  window:achieve('the outline names fields and sections', 'go', '', function()
    return window:shows('[Property] description') and window:shows('[String] Sum columns')
  end)
  window:achieve('a section is gone to', 'G<CR>', '', function()
    return window:shows('8,1')
  end)
  window:achieve('the outline is closed', ':lclose<CR>', '', function()
    return not window:shows('[String]')
  end)

  window:achieve('frontmatter and sections are folded', 'zM', 'zR', function()
    return window:shows('+--  6 lines: ---') and window:shows('lines: # Sum columns')
  end)
  window:achieve('folds are opened', 'zR', '', function()
    return window:shows('Read the header') and not window:shows('+--')
  end)

  window:achieve('all is mended at once', 'gf', '', function()
    return window:shows('name: sum-columns')
      and window:shows('version: "1.0"')
      and window:shows('3. Run')
  end)
  window:step('no finding is left', function()
    return window:count('■') == 0
  end)
  window:achieve('one undo takes all of it back', 'u', '<C-r>', function()
    return window:shows('name: Sum Columns') and window:shows('2. Run')
  end)
  window:step('the findings are back, once each', function()
    return window:count('■') == 3
  end)
  window:close()
end
