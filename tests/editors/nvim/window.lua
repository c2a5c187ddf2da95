--- A second Neovim as a person has it before them: keys go in, and what comes out is its screen.
---
--- It runs in a terminal of the Neovim that tells the story, with the settings of `person.lua`.

--- Width and height of its screen, in cells.
local columns, rows = 120, 40

--- Milliseconds after which keys that had no effect are pressed again; each time after twice as many.
local first_attempt = 2000

local folder = vim.fs.dirname(assert(vim.env.STORY))

---@class Window
---@field private story Story
---@field private job integer
---@field private buffer integer
local Window = {}
Window.__index = Window

--- Opens a file in a window of its own.
---@param story Story
---@param path string
---@return Window
local function open(story, path)
  vim.o.columns, vim.o.lines, vim.o.laststatus = columns, rows + 1, 0
  vim.cmd.enew()
  local buffer = vim.api.nvim_get_current_buf()
  local settings = vim.fs.joinpath(folder, 'person.lua')
  local job = vim.fn.jobstart({
    vim.v.progpath,
    '--cmd',
    'set runtimepath=' .. vim.o.runtimepath,
    '-i',
    'NONE',
    '-u',
    settings,
    path,
  }, { term = true, env = { TERM = 'xterm-256color' } })
  assert(job > 0, 'Neovim starts in a terminal')
  return setmetatable({ story = story, job = job, buffer = buffer }, Window)
end

--- What is on the screen.
---@return string
function Window:screen()
  return table.concat(vim.api.nvim_buf_get_lines(self.buffer, 0, -1, true), '\n')
end

--- How often the screen shows a text.
---@param text string
---@return integer
function Window:count(text)
  local _, n_times = self:screen():gsub(vim.pesc(text), '')
  return n_times
end

---@param text string
---@return boolean
function Window:shows(text)
  return self:count(text) > 0
end

--- Presses keys, in the notation of mappings.
---@param keys string
function Window:press(keys)
  vim.api.nvim_chan_send(self.job, vim.keycode(keys))
end

--- Waits until a condition holds for what is shown.
---@param what string
---@param condition fun(): boolean?
function Window:step(what, condition)
  local told, failure = pcall(self.story.step, what, condition)
  if not told then
    error(('%s\n%s'):format(failure, self:screen()), 0)
  end
end

--- Presses keys until they have an effect; before they are pressed again, those of `back` are.
---@param what string
---@param keys string
---@param back string
---@param condition fun(): boolean?
function Window:achieve(what, keys, back, condition)
  local pressed_at, patience = 0, first_attempt
  self:step(what, function()
    if condition() then
      return true
    end
    local now = vim.uv.now()
    if pressed_at == 0 then
      pressed_at = now
      self:press(keys)
    elseif now - pressed_at > patience then
      pressed_at, patience = now, 2 * patience
      self:press(back .. keys)
    end
  end)
end

--- Leaves without saving, and waits until it ended.
function Window:close()
  self:press('<Esc><Esc>:quitall!<CR>')
  self:step('the window is closed', function()
    return vim.fn.jobwait({ self.job }, 0)[1] ~= -1
  end)
end

return open
