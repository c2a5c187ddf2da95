--- Asks the person whether a tool call may run. What an edit would make of a file is shown beside
--- the file as it is, the way Neovim shows differences.

---@class preceptor.PlannedChange
---@field uri string
---@field isNew boolean Whether there is no such file yet
---@field text string The whole text after the change

---@class preceptor.PermissionOption
---@field id string
---@field title string

---@class preceptor.Permission
---@field tool string
---@field title string
---@field arguments table<string, any>
---@field reason string
---@field change preceptor.PlannedChange?
---@field options preceptor.PermissionOption[]

local M = {}

--- How long no key was pressed when a question comes up, in milliseconds: one that is pressed as it
--- appears was meant for the text, and must not answer it.
local rest = 700

local last_key = vim.uv.now()
vim.on_key(function(_, typed)
  if typed ~= '' then
    last_key = vim.uv.now()
  end
end)

--- Waits until the person is in Normal mode and has stopped typing; what they typed ahead is dropped.
---@async
---@param thread thread The one that waits
local function wait_for_rest(thread)
  while true do
    local mode = vim.api.nvim_get_mode()
    local left = last_key + rest - vim.uv.now()
    if mode.mode == 'n' and not mode.blocking and left <= 0 then
      break
    end
    vim.defer_fn(function()
      coroutine.resume(thread)
    end, math.max(left, 50))
    coroutine.yield()
  end
  while vim.fn.getchar(1) ~= 0 do
    vim.fn.getchar(0)
  end
end

--- Arguments that a difference shows.
local shown_by_change = { content = true, old = true, new = true }

--- Spells out characters that would hide or reorder others.
---@param text string
---@return string
local function visible(text)
  local lines = vim.tbl_map(function(line)
    return vim.fn.strtrans(line)
  end, vim.split(text, '\n', { plain = true }))
  return table.concat(lines, '\n')
end

--- Returns the call as a person reads it: the command or the path first and in full.
---@param request preceptor.Permission
---@return string
local function call_text(request)
  local lines = {} ---@type string[]
  local first = { command = true, path = true }
  for name in pairs(first) do
    local value = request.arguments[name]
    if value ~= nil then
      lines[#lines + 1] = tostring(value)
    end
  end
  for name, value in vim.spairs(request.arguments) do
    if not first[name] and not (request.change and shown_by_change[name]) then
      lines[#lines + 1] = name .. ': ' .. (type(value) == 'string' and value or vim.json.encode(value))
    end
  end
  return visible(table.concat(lines, '\n'))
end

--- Returns the lines of a file as Neovim has them, else as they are on disk.
---@param path string
---@return string[]
local function lines_of(path)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_name(buffer) == path then
      return vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
    end
  end
  local is_read, lines = pcall(vim.fn.readfile, path)
  return is_read and lines or {}
end

--- Makes a buffer that goes away with its window.
---@param path string The file that it is about
---@param lines string[]
---@return integer
local function scratch(path, lines)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, lines)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].syntax = vim.filetype.match({ filename = path }) or ''
  return buffer
end

--- Shows a file before and after a change in a tab page of its own; returns what closes that.
---@param change preceptor.PlannedChange
---@return fun()
local function show(change)
  local path = vim.uri_to_fname(change.uri)
  local after = vim.split((change.text:gsub('\n$', '')), '\n', { plain = true })
  local back = vim.api.nvim_get_current_tabpage()
  vim.cmd('tab sbuffer ' .. scratch(path, change.isNew and {} or lines_of(path)))
  vim.cmd.diffthis()
  vim.wo.winbar = 'before: ' .. visible(vim.fs.basename(path)):gsub('%%', '%%%%')
  vim.cmd('rightbelow vertical sbuffer ' .. scratch(path, after))
  vim.cmd.diffthis()
  vim.wo.winbar = 'after'
  local shown = vim.api.nvim_get_current_tabpage()
  return function()
    if vim.api.nvim_tabpage_is_valid(shown) then
      vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(shown))
    end
    if vim.api.nvim_tabpage_is_valid(back) then
      vim.api.nvim_set_current_tabpage(back)
    end
  end
end

--- Answers `preceptor/requestPermission`. Nobody's choice is no answer: the call goes on waiting at
--- its line.
---@async
---@param _ lsp.ResponseError?
---@param request preceptor.Permission
---@return { optionId: string }|vim.NIL
function M.ask(_, request)
  local thread, is_main = coroutine.running()
  if not thread or is_main then
    return vim.NIL
  end
  wait_for_rest(thread)
  -- Where no window can be opened, as in the command-line window, the words have to do.
  local is_shown, close = false, nil
  if request.change then
    is_shown, close = pcall(show, request.change)
  end
  vim.cmd.redraw()
  vim.ui.select(request.options, {
    kind = 'preceptor_permission',
    prompt = ('%s: %s\n%s: '):format(request.title, call_text(request), visible(request.reason)),
    ---@param option preceptor.PermissionOption
    ---@return string
    format_item = function(option)
      return option.title
    end,
  }, function(chosen)
    -- A choice that is made at once must not come before the wait for it.
    vim.schedule(function()
      coroutine.resume(thread, chosen)
    end)
  end)
  local chosen = coroutine.yield() ---@type preceptor.PermissionOption?
  if is_shown and close then
    pcall(close)
  end
  return chosen and { optionId = chosen.id } or vim.NIL
end

return M
