//! The table of tools.
//!
//! Source: the documentation of Claude Code, as of August 2026.

use std::borrow::Cow;

use crate::{Client, KnownTool};

const CLAUDE_CODE: &[Client] = &[Client::ClaudeCode];

/// Every known tool, by client and name.
pub(super) static TOOLS: &[KnownTool] = &[
    tool("Agent", "Gives work to another agent. Older versions call it `Task`.", CLAUDE_CODE),
    tool("AskUserQuestion", "Asks the person a question with answers to choose from.", CLAUDE_CODE),
    tool(
        "Bash",
        "Runs a shell command. `Bash(git:*)` and `Bash(git *)` allow only commands that begin so.",
        CLAUDE_CODE,
    ),
    tool("BashOutput", "Reads what a command in the background has written.", CLAUDE_CODE),
    tool("CronCreate", "Plans a prompt for a time or for every so often.", CLAUDE_CODE),
    tool("CronDelete", "Removes a planned prompt.", CLAUDE_CODE),
    tool("CronList", "Lists the planned prompts.", CLAUDE_CODE),
    tool(
        "Edit",
        "Replaces text in a file. `Edit(src/**)` allows only files of that pattern.",
        CLAUDE_CODE,
    ),
    tool("EnterPlanMode", "Begins to plan, without changes to files.", CLAUDE_CODE),
    tool("EnterWorktree", "Goes on in a working tree of its own.", CLAUDE_CODE),
    tool("ExitPlanMode", "Shows the plan to the person and asks to go on.", CLAUDE_CODE),
    tool("ExitWorktree", "Leaves the working tree again.", CLAUDE_CODE),
    tool("Glob", "Finds files by a pattern of their paths.", CLAUDE_CODE),
    tool("Grep", "Finds text in files by a regular expression.", CLAUDE_CODE),
    tool(
        "KillBash",
        "Ends a command in the background. An older tool: `KillShell` does it now.",
        CLAUDE_CODE,
    ),
    tool("KillShell", "Ends a command in the background.", CLAUDE_CODE),
    tool("LS", "Lists a folder. An older tool: `Glob` does it now.", CLAUDE_CODE),
    tool("LSP", "Asks language servers for definitions, references and problems.", CLAUDE_CODE),
    tool(
        "ListMcpResourcesTool",
        "Lists what servers of the Model Context Protocol offer to read.",
        CLAUDE_CODE,
    ),
    tool("Monitor", "Watches a command in the background.", CLAUDE_CODE),
    tool("MultiEdit", "Replaces several texts in one file at once. An older tool.", CLAUDE_CODE),
    tool("NotebookEdit", "Changes a cell of a Jupyter notebook.", CLAUDE_CODE),
    tool(
        "NotebookRead",
        "Reads a Jupyter notebook. An older tool: `Read` does it now.",
        CLAUDE_CODE,
    ),
    tool("PowerShell", "Runs a command of PowerShell on Windows.", CLAUDE_CODE),
    tool("Read", "Reads a file. `Read(docs/**)` allows only files of that pattern.", CLAUDE_CODE),
    tool(
        "ReadMcpResourceTool",
        "Reads what a server of the Model Context Protocol offers.",
        CLAUDE_CODE,
    ),
    tool("SendMessage", "Writes to another agent of the team.", CLAUDE_CODE),
    tool("Skill", "Starts another skill. `Skill(name)` allows only that one.", CLAUDE_CODE),
    tool(
        "SlashCommand",
        "Runs a command of the client. An older tool: `Skill` does it now.",
        CLAUDE_CODE,
    ),
    tool("Task", "Gives work to another agent. Newer versions call it `Agent`.", CLAUDE_CODE),
    tool("TaskCreate", "Adds an entry to the list of what is to be done.", CLAUDE_CODE),
    tool("TaskGet", "Reads an entry of the list of what is to be done.", CLAUDE_CODE),
    tool("TaskList", "Reads the list of what is to be done.", CLAUDE_CODE),
    tool("TaskOutput", "Reads what a task in the background has written.", CLAUDE_CODE),
    tool("TaskStop", "Ends a task in the background.", CLAUDE_CODE),
    tool("TaskUpdate", "Changes an entry of the list of what is to be done.", CLAUDE_CODE),
    tool("TeamCreate", "Makes a team of agents.", CLAUDE_CODE),
    tool("TeamDelete", "Ends a team of agents.", CLAUDE_CODE),
    tool("TodoRead", "Reads the list of what is to be done. An older tool.", CLAUDE_CODE),
    tool("TodoWrite", "Writes the list of what is to be done.", CLAUDE_CODE),
    tool("ToolSearch", "Finds tools that are not loaded yet.", CLAUDE_CODE),
    tool(
        "WebFetch",
        "Reads a page of the web. `WebFetch(domain:example.com)` allows only that domain.",
        CLAUDE_CODE,
    ),
    tool("WebSearch", "Searches the web.", CLAUDE_CODE),
    tool("Write", "Writes a whole file.", CLAUDE_CODE),
];

const fn tool(name: &'static str, meaning: &'static str, clients: &'static [Client]) -> KnownTool {
    KnownTool { name: Cow::Borrowed(name), meaning: Cow::Borrowed(meaning), clients }
}

#[cfg(test)]
mod tests {
    use super::TOOLS;

    #[test]
    fn the_table_is_sorted_by_name() {
        assert!(TOOLS.is_sorted_by_key(|tool| (tool.clients, &tool.name)));
    }
}
