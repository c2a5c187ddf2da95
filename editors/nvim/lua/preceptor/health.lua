--- `:checkhealth preceptor`: what keeps the language server from working, and what to do about it.

---@class preceptor.Model
---@field provider string
---@field model string
---@field baseUrl string
---@field reachable boolean
---@field contextWindow integer|vim.NIL
---@field enabled boolean?

---@class preceptor.Sandbox
---@field mode string
---@field layers string[] What confines commands here
---@field gaps string[] What is promised and cannot be enforced here

---@class preceptor.Status
---@field version string
---@field student preceptor.Model
---@field teacher preceptor.Model
---@field sandbox preceptor.Sandbox
---@field trusted boolean
---@field activeRuns integer
---@field pendingProposals integer
---@field spentUsd number

local health = vim.health
local name = 'preceptor'

--- How long the server may take to answer, in milliseconds.
local patience = 3000

local M = {}

--- Finds the program that the configuration names and reports its version.
local function check_program()
  ---@diagnostic disable-next-line: undefined-field -- configurations are looked up by name
  local config = vim.lsp.config.preceptor
  if not config then
    health.error('lsp/preceptor.lua is not on the runtime path', {
      'Add the folder editors/nvim of the project to the runtime path',
    })
    return
  end
  local command = config.cmd
  if type(command) ~= 'table' or not command[1] then
    health.info('The server is started by a function of yours')
    return
  end
  local program = command[1]
  if vim.fn.executable(program) ~= 1 then
    health.error(('%q cannot be run'):format(program), {
      'Put the program on the PATH',
      "Or name it: vim.lsp.config('preceptor', { cmd = { '/path/to/preceptor', 'lsp' } })",
    })
    return
  end
  local started, process = pcall(vim.system, { program, '--version' }, { text = true })
  local result = started and process:wait(patience) or nil
  if result and result.code == 0 then
    health.ok(('%s (%s)'):format(vim.trim(result.stdout or ''), vim.fn.exepath(program)))
  else
    health.error(('%q --version fails'):format(program), {
      vim.trim(result and result.stderr or tostring(process)),
    })
  end
end

--- Reports a model as the server sees it.
---@param role string
---@param model preceptor.Model
local function report_model(role, model)
  local served = model.model ~= '' and model.model or 'the model that is served'
  local text = ('%s: %s at %s'):format(role, served, model.baseUrl)
  if type(model.contextWindow) == 'number' then
    text = ('%s, %d tokens of context'):format(text, model.contextWindow)
  end
  if model.reachable then
    health.ok(text)
  else
    health.warn(text .. ' does not answer', { 'Start the model server, then run `preceptor doctor`' })
  end
end

--- Asks a client for the server's status and reports it.
---@param client vim.lsp.Client
local function check_status(client)
  local commands = vim.tbl_get(client, 'server_capabilities', 'executeCommandProvider', 'commands')
  if not vim.list_contains(commands or {}, 'preceptor.status') then
    return
  end
  local request = { command = 'preceptor.status', arguments = { vim.empty_dict() } }
  local answer = client:request_sync('workspace/executeCommand', request, patience)
  ---@type preceptor.Status?
  local status = answer and answer.result
  if not status then
    health.warn('The server does not tell its status', { 'See the log: :edit `=vim.lsp.log.get_filename()`' })
    return
  end
  report_model('Student', status.student)
  if status.teacher.enabled then
    report_model('Teacher', status.teacher)
  else
    health.info('No teacher model is enabled')
  end
  if not status.trusted then
    health.info('The workspace is not trusted: its preceptor.toml may only set lint rules')
  end
end

--- Reports the clients that are attached and what their server says of itself.
local function check_clients()
  local clients = vim.lsp.get_clients({ name = name })
  if #clients == 0 then
    health.warn('No server is running', {
      "Enable it: vim.lsp.enable('preceptor')",
      'Open a file, then run :checkhealth preceptor again',
    })
    return
  end
  for _, client in ipairs(clients) do
    local folder = client.root_dir or 'no workspace folder'
    local documents = vim.tbl_count(client.attached_buffers)
    health.ok(('Attached to %d documents (%s)'):format(documents, folder))
    check_status(client)
  end
end

--- Runs all checks.
function M.check()
  health.start('preceptor')
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim is 0.11 or newer')
  else
    health.error('Neovim 0.11 or newer is needed')
    return
  end
  check_program()
  check_clients()
end

return M
