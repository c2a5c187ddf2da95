--- The student fails, the teacher is seen at work and stopped, takes over when told to, and writes a
--- skill when asked for one, which is rejected with a reason.

--- What a request of the document gives.
---@param method vim.lsp.protocol.Method.ClientToServer.Request
---@param params table
---@return table[]
local function answers(method, params)
  local client = assert(vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1])
  local answer = client:request_sync(method, params, 30000, vim.api.nvim_get_current_buf())
  return answer and answer.result or {}
end

---@param story Story
return function(story)
  story.open('notes.md')
  local document = vim.lsp.util.make_text_document_params()
  story.ask(3)
  story.step('the takeover is shown at the request', function()
    return story.has('turn/takeover', 3)
  end)
  ---@type lsp.CodeLens?
  local stop
  story.step('a lens says who is at work, and why', function()
    for _, lens in ipairs(answers('textDocument/codeLens', { textDocument = document })) do
      local title = lens.command and lens.command.title or ''
      if vim.startswith(title, 'Stop the teacher `served-model` (') then
        stop = lens
        return title:find('took over: I give up', 1, true) ~= nil
      end
    end
    return false
  end)
  story.step('a hint tells what the teacher does', function()
    local range = { start = { line = 0, character = 0 }, ['end'] = { line = 3, character = 0 } }
    local params = { textDocument = document, range = range }
    return #answers('textDocument/inlayHint', params) == 1
  end)

  local client = assert(vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1])
  client:exec_cmd(assert(assert(stop).command), { bufnr = vim.api.nvim_get_current_buf() })
  story.step('the teacher was stopped', function()
    return story.has('turn/interrupted', 3) and story.is_in_a_transcript('*Turn 1 was stopped.*')
  end)

  vim.cmd('Preceptor takeover')
  story.step('the teacher answered', function()
    return story.is_in_a_transcript('The teacher counted 3 data rows.')
  end)
  story.step('no skill came of it', function()
    return story.has('turn/no-skill', 3) and not story.has('turn/failed', 3)
  end)

  vim.cmd('Preceptor teach')
  story.step('the skill that was asked for is proposed', function()
    return story.has('turn/proposal', 3)
  end)
  story.step('nothing is saved before somebody accepts it', function()
    return vim.fn.glob('.agents/skills/*/SKILL.md') == ''
  end)

  local asked = ''
  ---@type string?
  local typed
  ---@diagnostic disable-next-line: duplicate-set-field -- this is how typing is replaced
  vim.ui.input = function(options, answer)
    asked = options and options.prompt or ''
    answer(typed)
  end
  local function reject()
    asked = ''
    story.act(3, 'reject the skill', function(title, command)
      return vim.startswith(title, 'Reject skill') and command == 'preceptor.proposal.reject'
    end)
    story.step('it is asked why', function()
      return vim.startswith(asked, 'Why is it rejected?')
    end)
  end
  reject()
  story.step('closing the question decides nothing', function()
    local listed = vim.system({ 'preceptor', 'proposals', '--json' }, { text = true }):wait()
    local is_pending = (listed.stdout or ''):find('"state": "pending"', 1, true) ~= nil
    return story.has('turn/proposal', 3) and is_pending
  end)
  typed = ' wc counts lines, not rows '
  reject()
  story.step('nothing waits any more', function()
    return not story.has('turn/proposal', 3)
  end)
  story.step('the reason is kept', function()
    local files = { path = assert(vim.env.HOME), type = 'file', limit = math.huge }
    local records = vim.fs.find(function(name)
      return vim.endswith(name, '.json')
    end, files)
    for _, path in ipairs(records) do
      if story.read(path):find('"wc counts lines, not rows"', 1, true) then
        return true
      end
    end
    return false
  end)
end
