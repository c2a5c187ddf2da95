//! Programs that run until somebody ends them, and ways to leave one running.

/// Words in front of a program that do not change what it is.
const WRAPPERS: [&str; 17] = [
    "sudo", "env", "exec", "nice", "ionice", "time", "then", "do", "else", "if", "while", "until",
    "!", "{", "(", "command", "stdbuf",
];

/// Programs that leave another one running.
const DETACHERS: [&str; 7] =
    ["nohup", "setsid", "disown", "dtach", "abduco", "daemonize", "start-stop-daemon"];

/// What `tmux` does for others than its reader.
const TMUX_COMMANDS: [&str; 26] = [
    "new",
    "new-session",
    "new-window",
    "neww",
    "send",
    "send-keys",
    "attach",
    "attach-session",
    "a",
    "at",
    "ls",
    "list-sessions",
    "list-windows",
    "list-panes",
    "has",
    "has-session",
    "kill-session",
    "kill-server",
    "kill-window",
    "capture-pane",
    "capturep",
    "split-window",
    "splitw",
    "pipe-pane",
    "respawn-pane",
    "respawn-window",
];

/// Programs that serve whenever they run.
const SERVERS: [&str; 27] = [
    "llama-server",
    "text-generation-launcher",
    "text-embeddings-router",
    "tritonserver",
    "trtllm-serve",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "waitress-serve",
    "tensorboard",
    "torchrun",
    "deepspeed",
    "redis-server",
    "mongod",
    "http-server",
    "nodemon",
    "koboldcpp",
    "code-server",
    "jupyter-lab",
    "jupyter-notebook",
    "minio",
    "caddy",
    "filebrowser",
    "ttyd",
    "ngrok",
    "cloudflared",
];

/// Programs that serve, or run for long, with one of these words behind them.
const SERVING_COMMANDS: [(&str, &[&str]); 25] = [
    ("vllm", &["serve"]),
    ("ollama", &["serve"]),
    ("sglang", &["serve"]),
    ("lmdeploy", &["serve"]),
    ("lms", &["server"]),
    ("litellm", &["--config", "--model"]),
    ("flask", &["run"]),
    ("fastapi", &["run", "dev"]),
    ("jupyter", &["lab", "notebook", "server"]),
    ("mlflow", &["ui", "server"]),
    ("streamlit", &["run"]),
    ("accelerate", &["launch"]),
    ("ray", &["start"]),
    ("celery", &["worker", "beat"]),
    ("npm", &["start", "dev", "serve"]),
    ("pnpm", &["start", "dev", "serve"]),
    ("yarn", &["start", "dev", "serve"]),
    ("bun", &["start", "dev", "serve"]),
    ("next", &["start", "dev"]),
    ("rails", &["s", "server"]),
    ("php", &["-S", "serve"]),
    ("hugo", &["server"]),
    ("openclaw", &["gateway"]),
    ("java", &["-jar"]),
    ("python", &["runserver"]),
];

/// Modules that serve when Python runs them.
const SERVING_MODULES: [&str; 12] = [
    "vllm.entrypoints",
    "sglang.launch_server",
    "llama_cpp.server",
    "http.server",
    "uvicorn",
    "gunicorn",
    "flask",
    "fastchat.serve",
    "torch.distributed",
    "jupyter",
    "streamlit",
    "tensorboard",
];

/// Words in the names of scripts that run for long.
const SCRIPT_WORDS: [&str; 7] =
    ["serve", "server", "worker", "daemon", "train", "training", "finetune"];

/// How deep shells within shells are followed.
const MAXIMUM_DEPTH: usize = 4;

/// Returns what a remote script starts and leaves running, or how it does; `None` if all of it
/// ends by itself.
///
/// `is_whole` says that the script's `&` belong to it, not to the shell that called it.
pub(super) fn started(script: &str, is_whole: bool) -> Option<&str> {
    started_within(script, is_whole, MAXIMUM_DEPTH)
}

fn started_within(script: &str, is_whole: bool, depth: usize) -> Option<&str> {
    simple_commands(script).into_iter().find_map(|(command, is_left_running)| {
        let mut words = command.split_whitespace().map(bare).filter(|word| !word.is_empty());
        let program = words.by_ref().find(|word| !is_wrapper(word))?;
        let program = program.rsplit('/').next().unwrap_or(program);
        let arguments: Vec<&str> = words.collect();
        if matches!(program, "bash" | "sh" | "zsh") && depth > 0 {
            let script = shell_script(command)?;
            return started_within(script, true, depth - 1);
        }
        let is_started = (is_left_running && is_whole) || runs_on(program, &arguments);
        is_started.then_some(program)
    })
}

fn runs_on(program: &str, arguments: &[&str]) -> bool {
    let is_asked_about =
        arguments.iter().any(|it| matches!(*it, "--version" | "-V" | "--help" | "-h"));
    if is_asked_about {
        return false;
    }
    if DETACHERS.contains(&program) || SERVERS.contains(&program) {
        return true;
    }
    let named = |names: &[&str]| arguments.iter().any(|argument| names.contains(argument));
    match program {
        "tmux" => arguments.is_empty() || named(&TMUX_COMMANDS),
        "screen" => arguments.first().is_some_and(|it| it.starts_with('-')),
        "systemd-run" => true,
        _ => {
            let family = if program.starts_with("python") { "python" } else { program };
            let is_serving =
                SERVING_COMMANDS.iter().any(|(name, commands)| *name == family && named(commands));
            is_serving
                || (family == "python" && runs_a_server(arguments))
                || is_long_script(program)
        }
    }
}

/// `python -m a.server`, `python serve.py`.
fn runs_a_server(arguments: &[&str]) -> bool {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if *argument == "-m" {
            return rest
                .next()
                .is_some_and(|module| SERVING_MODULES.iter().any(|it| module.starts_with(it)));
        }
        if !argument.starts_with('-') {
            return is_long_script(argument);
        }
    }
    false
}

/// `./start-server.sh`, `train.py`.
fn is_long_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    matches!(extension, "py" | "sh" | "js" | "ts")
        && !stem.starts_with("stop")
        && stem.split(['-', '_', '.']).any(|word| SCRIPT_WORDS.contains(&word))
}

fn is_wrapper(word: &str) -> bool {
    let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    });
    is_assignment || WRAPPERS.contains(&word) || word.starts_with('-')
}

/// A word without the quotes and brackets around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', '\\', '(', ')', '{', '}', '`'])
}

/// The script of `bash -c '…'`.
fn shell_script(command: &str) -> Option<&str> {
    let at = command.find(" -c").or_else(|| command.find(" -lc"))?;
    let behind = command.get(at..)?.trim_start();
    let (_, script) = behind.split_once(char::is_whitespace)?;
    Some(script.trim().trim_matches(['"', '\'', '\\']))
}

/// Splits a script into simple commands, each with whether a single `&` leaves it running.
/// Quoted text is part of its command.
fn simple_commands(script: &str) -> Vec<(&str, bool)> {
    let mut commands = Vec::new();
    let mut quote = None;
    let mut start = 0;
    let mut previous = ' ';
    for (at, character) in script.char_indices() {
        let next = script.get(at + character.len_utf8()..).and_then(|it| it.chars().next());
        let is_separator = match (quote, character) {
            (Some(open), it) if it == open => {
                quote = None;
                false
            }
            (Some(_), _) => false,
            (None, '\'' | '"') => {
                quote = Some(character);
                false
            }
            (None, '\n') => previous != '\\',
            (None, ';' | '|') => true,
            // Not a part of `2>&1` or `&>`.
            (None, '&') => previous != '>' && next != Some('>'),
            (None, _) => false,
        };
        if is_separator {
            let is_single = character == '&' && previous != '&' && next != Some('&');
            commands.push((script.get(start..at).unwrap_or_default(), is_single));
            start = at + character.len_utf8();
        }
        if character != '\r' {
            previous = character;
        }
    }
    commands.push((script.get(start..).unwrap_or_default(), false));
    commands
}

#[cfg(test)]
mod tests {
    use super::started;

    #[track_caller]
    fn check(expected: Option<&str>, scripts: &[&str]) {
        for script in scripts {
            assert_eq!(started(script, true), expected, "{script}");
        }
    }

    #[test]
    fn what_is_left_running_is_found_behind_other_commands() {
        check(Some("tmux"), &["tmux new -d -s x", "cd a && tmux send-keys -t x 'ls' Enter"]);
        check(Some("nohup"), &["nohup ./x > log 2>&1 &", "cd a; A=b sudo nohup x", "(nohup x &)"]);
        check(Some("screen"), &["screen -dmS x ./y", "bash -lc \"screen -dmS x y\""]);
        check(
            Some("vllm"),
            &["vllm serve m", "/opt/venv/bin/vllm serve m", "if true; then vllm serve m; fi"],
        );
        check(
            Some("python"),
            &["python -m vllm.entrypoints.openai.api_server", "python -u train.py"],
        );
        check(Some("x"), &["cd a && ./x > log 2>&1 &", "./x & echo $!"]);
        check(Some("start-server.sh"), &["./start-server.sh --port 80"]);
    }

    #[test]
    fn what_ends_by_itself_is_not() {
        check(None, &["uptime", "nvidia-smi", "tail -f server.log", "ls 2>&1", "a && b", "a &> b"]);
        check(None, &["pkill -f vllm.entrypoints", "pgrep -f 'vllm serve'", "which tmux"]);
        check(
            None,
            &["sudo apt install tmux screen", "tmux -V", "vllm --version", "pip install uvicorn"],
        );
        check(None, &["systemctl restart gunicorn", "docker compose up -d", "echo 'tmux new'"]);
    }
}
