--- Runs one story in a headless Neovim and reports each of its steps on standard output.
---
--- The variable STORY names the file to run. A step is reported as `ok <what>`; the first that
--- fails is reported as `failed <what>: <why>` and ends Neovim with an error. The last line of a
--- whole story is `told`.

--- How long a step may take, in milliseconds.
local patience = 30000

---@class Story
local story = {}

---@param text string
local function report(text)
  io.stdout:write(text, '\n')
  io.stdout:flush()
end

--- Describes what the document shows, for the report of a failure.
---@return string
local function findings()
  local lines = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    local code = tostring(diagnostic.code)
    lines[#lines + 1] = ('line %d: %s: %s'):format(diagnostic.lnum + 1, code, diagnostic.message)
  end
  return #lines == 0 and 'no diagnostics' or table.concat(lines, '; ')
end

--- Whether a condition holds for one of several things.
---@generic T
---@param things T[]
---@param holds fun(thing: T): boolean?
---@return boolean
local function any(things, holds)
  for _, thing in ipairs(things) do
    if holds(thing) then
      return true
    end
  end
  return false
end

--- Waits until a condition holds.
---@param what string
---@param condition fun(): boolean?
function story.step(what, condition)
  local holds = vim.wait(patience, function()
    return condition() or false
  end, 20)
  if not holds then
    error(('%s: it did not happen (%s)'):format(what, findings()), 0)
  end
  report('ok ' .. what)
end

--- Opens a file and waits for the server.
---@param path string
function story.open(path)
  vim.cmd.edit(path)
  story.step('the server attaches to ' .. path, function()
    local client = vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1]
    return client and client.initialized
  end)
end

--- Shows a file to a person, in a window of its own.
---@param path string
---@return Window
function story.show(path)
  local folder = vim.fs.dirname(assert(vim.env.STORY))
  return dofile(vim.fs.joinpath(folder, 'window.lua'))(story, path)
end

--- Whether the current document has a diagnostic of ours with a code.
---@param code string
---@param line integer? Counted from 1
---@return boolean
function story.has(code, line)
  local options = line and { lnum = line - 1 } or nil
  return any(vim.diagnostic.get(0, options), function(diagnostic)
    return diagnostic.source == 'preceptor' and diagnostic.code == code
  end)
end

--- Chooses a code action at a line as a person would, once the server offers it.
---@param line integer Counted from 1
---@param what string
---@param is_meant fun(title: string, command: string?): boolean?
function story.act(line, what, is_meant)
  ---@param action lsp.CodeAction|lsp.Command
  local function filter(action)
    local command = action.command
    local name = type(command) == 'table' and command.command or command
    ---@cast name string?
    return is_meant(action.title, name) or false
  end
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  story.step('the action is offered: ' .. what, function()
    local client = assert(vim.lsp.get_clients({ bufnr = 0, name = 'preceptor' })[1])
    local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
    ---@diagnostic disable-next-line: inject-field -- the parameters of a range become an action's
    params.context = { diagnostics = {}, triggerKind = 1 }
    -- Only a buffer's own number makes Neovim send the changes that it still holds back.
    local buffer = vim.api.nvim_get_current_buf()
    local answer = client:request_sync('textDocument/codeAction', params, patience, buffer)
    return any(answer and answer.result or {}, filter)
  end)
  vim.lsp.buf.code_action({ apply = true, filter = filter })
end

--- Runs the ask line at a line.
---@param line integer Counted from 1
function story.ask(line)
  story.act(line, 'run the ask line', function(_, command)
    return command == 'preceptor.run'
  end)
end

--- Reads a file below the workspace; a file that is not there is empty.
---@param path string
---@return string
function story.read(path)
  local file = io.open(path, 'r')
  if not file then
    return ''
  end
  local text = file:read('*a')
  file:close()
  return text
end

--- Whether the transcript of some run holds a text.
---@param text string
---@return boolean
function story.is_in_a_transcript(text)
  local paths = vim.fn.glob('.preceptor/runs/*/transcript.md', true, true)
  return any(paths, function(path)
    return story.read(path):find(text, 1, true) ~= nil
  end)
end

---@diagnostic disable-next-line: unresolved-require -- the client is on the runtime path only
local permissions = require('preceptor.permissions')
local ask_permission = permissions.ask

--- A question of the server stays open, as if nobody looked: approvals are given in the document.
---@async
permissions.ask = function()
  return coroutine.yield()
end

--- Has the client ask the person for the server, as it does outside of stories.
function story.answer_questions()
  permissions.ask = ask_permission
end

--- A story takes the first of several actions only on purpose, so a choice is a mistake.
---@diagnostic disable-next-line: duplicate-set-field -- this is how a choice is replaced
vim.ui.select = function(items, options)
  local titles = vim.tbl_map(options.format_item or tostring, items)
  report('failed to choose: Neovim asks which of: ' .. table.concat(titles, ', '))
  vim.cmd('cquit 1')
end

local file = assert(vim.env.STORY, 'STORY names the file of a story')

vim.lsp.enable('preceptor')
local told, failure = xpcall(function()
  dofile(file)(story)
end, function(message)
  return type(message) == 'string' and message or vim.inspect(message)
end)
if told then
  report('told')
  vim.cmd('quitall!')
else
  report('failed ' .. tostring(failure))
  vim.cmd('cquit 1')
end
