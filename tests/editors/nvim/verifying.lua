--- The student tries four lessons of the teacher, and each comes to something else.

---@param story Story
return function(story)
  --- What the proposal's finding at a line says.
  ---@param line integer
  ---@return string
  local function told(line)
    for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = line - 1 })) do
      if diagnostic.code == 'turn/proposal' then
        return diagnostic.message
      end
    end
    return ''
  end

  --- What the hover at a line says.
  ---@param line integer
  ---@return string
  local function hover(line)
    local client = assert(vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1])
    local buffer = vim.api.nvim_get_current_buf()
    local params = {
      textDocument = vim.lsp.util.make_text_document_params(buffer),
      position = { line = line - 1, character = 0 },
    }
    local answer = client:request_sync('textDocument/hover', params, 30000, buffer)
    return answer and answer.result and answer.result.contents.value or ''
  end

  --- Opens what an action shows and goes back.
  ---@param line integer
  ---@param words string
  local function read_the_replay(line, words)
    local notes = vim.api.nvim_get_current_buf()
    story.act(line, 'show the replay', function(title)
      return vim.startswith(title, 'Show the replay of')
    end)
    story.step('what the replay showed is open: ' .. words, function()
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      return vim.endswith(vim.api.nvim_buf_get_name(0), 'verification.md')
        and text:find(words, 1, true) ~= nil
    end)
    vim.api.nvim_set_current_buf(notes)
  end

  ---@type { line: integer, outcome: string, reason: string, page: string }[]
  local trials = {
    { line = 3, outcome = 'Verified.', reason = 'as good as its own', page = '## With the skill' },
    { line = 5, outcome = 'Not verified.', reason = 'it names Bergen', page = 'not as good' },
    { line = 7, outcome = 'Inconclusive.', reason = 'without reading', page = 'did not read' },
    { line = 9, outcome = 'Verified.', reason = 'unnecessary', page = '## Without the skill' },
  }
  story.open('trials.md')
  for _, trial in ipairs(trials) do
    story.ask(trial.line)
    story.step(('line %d: %s'):format(trial.line, trial.outcome), function()
      return told(trial.line):find(trial.outcome, 1, true) ~= nil
    end)
    story.step(('line %d says why: %s'):format(trial.line, trial.reason), function()
      return hover(trial.line):find(trial.reason, 1, true) ~= nil
    end)
    read_the_replay(trial.line, trial.page)
    story.act(trial.line, 'verify once more', function(title)
      return vim.startswith(title, 'Verify skill')
    end)
    local first = hover(trial.line):match('replays/([^/]+)/')
    story.step(('line %d: %s again'):format(trial.line, trial.outcome), function()
      local text = hover(trial.line)
      local is_another = text:match('replays/([^/]+)/') ~= first
      return is_another and text:find(trial.reason, 1, true) ~= nil
    end)
  end
end
