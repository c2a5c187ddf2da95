--- What `:Preceptor` does: each subcommand is one command of the server, asked for by its name.

---@class preceptor.Run
---@field runId string
---@field title string
---@field status string
---@field transcriptUri string

local M = {}

--- Most runs among which one that is under way is looked for.
local listed_runs = 50

---@param text string
---@param level integer?
local function notify(text, level)
  vim.notify('Preceptor: ' .. text, level or vim.log.levels.INFO)
end

--- Executes a command of the server that is attached to the current buffer, else of any other.
---@param command string
---@param argument table
---@param answered fun(result: any)
local function execute(command, argument, answered)
  local client = vim.lsp.get_clients({ name = 'preceptor', bufnr = 0 })[1]
    or vim.lsp.get_clients({ name = 'preceptor' })[1]
  if not client then
    notify('no server is running; open a file, or see :help preceptor-setup', vim.log.levels.ERROR)
    return
  end
  local object = next(argument) and argument or vim.empty_dict()
  local params = { command = command, arguments = { object } }
  -- The buffer makes Neovim send the changes that it still holds back.
  client:request('workspace/executeCommand', params, function(failure, result)
    if failure then
      notify(failure.message, vim.log.levels.ERROR)
    else
      answered(result)
    end
  end, vim.api.nvim_get_current_buf())
end

--- Asks for work at lines of the current buffer, if that is a file.
---@param prompt string
---@param first integer Counted from 1
---@param last integer
local function ask(prompt, first, last)
  local argument = { prompt = prompt }
  local buffer = vim.api.nvim_get_current_buf()
  local is_file = vim.bo[buffer].buftype == '' and vim.api.nvim_buf_get_name(buffer) ~= ''
  if is_file then
    argument.uri = vim.uri_from_bufnr(buffer)
    -- A position past the end of a line is taken as its end.
    argument.range = {
      start = { line = first - 1, character = 0 },
      ['end'] = { line = last - 1, character = 2 ^ 31 - 1 },
    }
  end
  execute('preceptor.run', argument, function(run)
    notify('working on it: ' .. run.runId)
  end)
end

--- Stops a run.
---@param run preceptor.Run
local function cancel(run)
  execute('preceptor.cancel', { runId = run.runId }, function(answer)
    notify((answer.cancelled and 'stopped: ' or 'has ended already: ') .. run.title)
  end)
end

--- Goes on with the run whose transcript the current buffer shows, else with the one that the
--- person chooses; the only one is the answer by itself.
---@param prompt string
---@param is_meant fun(run: preceptor.Run): boolean
---@param none string What is said if there is no such run
---@param chosen fun(run: preceptor.Run)
local function choose(prompt, is_meant, none, chosen)
  local here = vim.uri_from_bufnr(0)
  execute('preceptor.runs', { limit = listed_runs }, function(runs)
    ---@type preceptor.Run[]
    local meant = vim.tbl_filter(is_meant, runs)
    for _, run in ipairs(meant) do
      if run.transcriptUri == here then
        chosen(run)
        return
      end
    end
    if #meant == 0 then
      notify(none)
    elseif #meant == 1 then
      chosen(meant[1])
    else
      vim.ui.select(meant, {
        prompt = prompt,
        ---@param run preceptor.Run
        format_item = function(run)
          return ('%s (%s)'):format(run.title, run.status)
        end,
      }, function(run)
        if run then
          chosen(run)
        end
      end)
    end
  end)
end

---@param run preceptor.Run
---@return boolean
local function is_any(run)
  return run.status ~= ''
end

---@param run preceptor.Run
---@return boolean
local function is_under_way(run)
  return run.status == 'running' or run.status == 'waiting'
end

--- Describes a model in one line.
---@param role string
---@param model preceptor.Model
---@return string
local function model_line(role, model)
  local name = model.model ~= '' and model.model or 'the model that is served'
  local state = model.reachable and 'answers' or 'does not answer'
  return ('%s: %s at %s %s'):format(role, name, model.baseUrl, state)
end

--- Describes what confines commands, and what this machine cannot enforce.
---@param sandbox preceptor.Sandbox
---@return string
local function sandbox_line(sandbox)
  if sandbox.mode == 'off' then
    return 'sandbox: off, commands run with your rights'
  end
  local layers = #sandbox.layers == 0 and 'nothing' or table.concat(sandbox.layers, ', ')
  local gaps = #sandbox.gaps == 0 and '' or '; not enforced here: ' .. table.concat(sandbox.gaps, '; ')
  return ('sandbox: %s, by %s%s'):format(sandbox.mode, layers, gaps)
end

--- Describes the server's status.
---@param status preceptor.Status
---@return string[]
local function status_lines(status)
  local lines = { 'Preceptor ' .. status.version, model_line('student', status.student) }
  lines[#lines + 1] = status.teacher.enabled and model_line('teacher', status.teacher)
    or 'teacher: none is enabled'
  lines[#lines + 1] = ('runs under way: %d, proposals that wait: %d, spent today: $%.2f'):format(
    status.activeRuns,
    status.pendingProposals,
    status.spentUsd
  )
  lines[#lines + 1] = sandbox_line(status.sandbox)
  lines[#lines + 1] = status.trusted and 'the workspace is trusted' or 'the workspace is not trusted'
  return lines
end

--- Has the student try a request with the skill that the current buffer is.
---@param prompt string
local function verify(prompt)
  execute('preceptor.skill.verify', { uri = vim.uri_from_bufnr(0), prompt = prompt }, function()
    notify('the student tries it with the skill; a message tells what comes of it')
  end)
end

---@type table<string, fun(text: string, call: vim.api.keyset.create_user_command.command_args)>
local subcommands = {
  ask = function(text, call)
    if text ~= '' then
      ask(text, call.line1, call.line2)
      return
    end
    vim.ui.input({ prompt = 'Ask Preceptor: ' }, function(typed)
      if typed and vim.trim(typed) ~= '' then
        ask(typed, call.line1, call.line2)
      end
    end)
  end,
  stop = function()
    choose('Stop which run?', is_under_way, 'nothing is under way', cancel)
  end,
  undo = function()
    choose('Take back the last request of which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.undo', { runId = run.runId }, function(undone)
        local files = undone.restoredFiles
        local told = #files == 0 and 'no file had changed' or 'as before: ' .. table.concat(files, ', ')
        notify(('took back %d messages of %s; %s'):format(undone.removedMessages, run.title, told))
      end)
    end)
  end,
  compact = function()
    choose('Shorten the history of which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.compact', { runId = run.runId }, function()
        notify('shortens the history: ' .. run.title)
      end)
    end)
  end,
  retry = function()
    choose('Ask again in which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.retry', { runId = run.runId }, function()
        notify('asked again: ' .. run.title)
      end)
    end)
  end,
  takeover = function()
    choose('Let the teacher take over in which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.escalate', { runId = run.runId, mode = 'takeover' }, function()
        notify('the teacher takes over: ' .. run.title)
      end)
    end)
  end,
  teach = function()
    choose('Ask the teacher for a skill about which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.escalate', { runId = run.runId, mode = 'propose' }, function()
        notify('the teacher writes a skill: ' .. run.title)
      end)
    end)
  end,
  resume = function()
    choose('Go on with which run?', function(run)
      return run.status == 'interrupted'
    end, 'nothing was broken off', function(run)
      execute('preceptor.resume', { runId = run.runId }, function()
        notify('goes on: ' .. run.title)
      end)
    end)
  end,
  runs = function()
    choose('Show which run?', is_any, 'there is no run yet', function(run)
      execute('preceptor.show', { runId = run.runId }, function() end)
    end)
  end,
  verify = function(text)
    if vim.fs.basename(vim.api.nvim_buf_get_name(0)) ~= 'SKILL.md' then
      notify('open the SKILL.md that the student is to try', vim.log.levels.ERROR)
    elseif text ~= '' then
      verify(text)
    else
      vim.ui.input({ prompt = 'Which request shall the student try with this skill? ' }, function(typed)
        if typed and vim.trim(typed) ~= '' then
          verify(typed)
        end
      end)
    end
  end,
  status = function()
    execute('preceptor.status', {}, function(status)
      local text = table.concat(status_lines(status), '\n')
      vim.api.nvim_echo({ { text } }, true, {})
    end)
  end,
}

--- Runs `:Preceptor`.
---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local name = call.fargs[1]
  local subcommand = subcommands[name]
  if not subcommand then
    local names = table.concat(vim.fn.sort(vim.tbl_keys(subcommands)), ', ')
    notify(('there is no %q; there are: %s'):format(name, names), vim.log.levels.ERROR)
    return
  end
  subcommand(table.concat(call.fargs, ' ', 2), call)
end

--- Rejects a proposal with the reason that the person gives; none is one, too, and closing the
--- question decides nothing.
---@param command lsp.Command
---@param context { client_id: integer, bufnr: integer? }
function M.reject(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local given = command.arguments and command.arguments[1]
  vim.ui.input({ prompt = 'Why is it rejected? (it may stay empty) ' }, function(reason)
    if not reason then
      return
    end
    ---@type table<string, any>
    local argument = type(given) == 'table' and vim.deepcopy(given) or {}
    argument.reason = vim.trim(reason)
    local params = { command = command.command, arguments = { argument } }
    client:request('workspace/executeCommand', params, function(failure)
      if failure then
        notify(failure.message, vim.log.levels.ERROR)
      end
    end, context.bufnr)
  end)
end

--- Completes the subcommand.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  if line:match('Preceptor!?%s+%S+%s') then
    return {}
  end
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(subcommands))
  table.sort(names)
  return names
end

return M
