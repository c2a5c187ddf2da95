//! What the sandbox stopped is told, also where the command went on without it.

use std::{fs, net::TcpListener, path::Path};

use runtime::sandbox::Layer;

use super::Cell;

/// An interpreter that prints and that is refused things. One that somebody's home has may be out of
/// reach for commands.
const PYTHON: &str = "/usr/bin/python3";

#[tokio::test]
async fn what_was_stopped_is_told_of_a_command_that_went_well() {
    let cell = Cell::new().await;
    cell.run("git init -q .").await;
    for (layer, command) in [
        (Layer::MountNamespace, "echo x > /var/log/f; true"),
        (Layer::LandlockFiles, "ls /var/log 2>&1 | cat"),
        (Layer::MountNamespace, "git config user.name n; true"),
        (Layer::MountNamespace, "echo x > .git/hooks/pre-commit || echo no"),
        (Layer::NetworkNamespace, "git ls-remote https://example.invalid/x || true"),
        (
            Layer::MountNamespace,
            "/usr/bin/python3 -c \"import subprocess; subprocess.run(['touch', '/var/log/f'])\"",
        ),
        (Layer::Seccomp, "perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or warn $!'"),
    ] {
        if !cell.has(layer) || !cell.has(Layer::MountNamespace) {
            continue;
        }
        let result = cell.run(command).await;
        assert_eq!(result.exit_code, Some(0), "{command}: {}", result.output);
        let blame = format!("({layer})]");
        assert!(
            result.output.contains(&blame),
            "{layer} is named of {command}:\n{}",
            result.output
        );
        assert!(result.stopped_by.is_empty(), "nobody is asked about {command}");
    }
    fs::write(cell.path("log"), "cat: /srv/x: Permission denied\n").unwrap();
    for (command, code) in [
        ("cat log; ls /nowhere; true", 0),
        ("cat log; false", 1),
        ("while read -r line; do echo \"$line\"; done < log; exit 3", 3),
    ] {
        let result = cell.run(command).await;
        assert_eq!(result.exit_code, Some(code), "{command}: {}", result.output);
        assert!(!result.output.contains("[sandbox: "), "{command}: {}", result.output);
        assert!(result.stopped_by.is_empty(), "nobody is asked about {command}");
    }
    let printing = format!("{PYTHON} -c \"print(open('log').read()); raise SystemExit(1)\"");
    let result = cell.run(&printing).await;
    assert_eq!(result.exit_code, Some(1), "{}", result.output);
    assert!(!result.output.contains("[sandbox: "), "{}", result.output);
    if cell.has(Layer::LandlockFiles) {
        let result = cell.run(&format!("cat log; {PYTHON} -c \"open('/var/log/dpkg.log')\"")).await;
        Cell::check_stopped(&result, Layer::LandlockFiles);
    }
}

#[tokio::test]
async fn a_server_of_this_machine_is_told_to_be_out_of_reach() {
    let cell = Cell::new().await;
    if !cell.has(Layer::NetworkNamespace) {
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let result = cell.run(&format!("echo > /dev/tcp/127.0.0.1/{port}")).await;
    Cell::check_stopped(&result, Layer::NetworkNamespace);
    drop(server);
    let result = cell.run(&format!("echo > /dev/tcp/127.0.0.1/{port}")).await;
    assert!(!result.output.contains("[sandbox: "), "{}", result.output);
}

#[tokio::test]
async fn what_is_kept_of_runs_is_hidden_from_commands_as_from_tools() {
    let cell = Cell::new().await;
    let journal = cell.path(".preceptor/runs/1/journal.jsonl");
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    fs::write(&journal, "s3cret\n").unwrap();
    if !cell.has(Layer::MountNamespace) {
        return;
    }
    for command in [
        "cat .preceptor/runs/1/journal.jsonl",
        "grep -r s3cret .preceptor/",
        "cd .preceptor && cat runs/1/journal.jsonl",
        "cp -r .preceptor copy && cat copy/runs/1/journal.jsonl",
    ] {
        let result = cell.run(command).await;
        assert!(!result.output.contains("s3cret"), "{}", result.output);
    }
    let result = cell.run("cat .preceptor/runs/1/journal.jsonl").await;
    Cell::check_stopped(&result, Layer::MountNamespace);
    assert!(result.stopped_by.is_empty(), "it is not offered: {}", result.output);
    cell.run("rm -rf .preceptor; echo x > .preceptor/x").await;
    assert_eq!(fs::read_to_string(&journal).unwrap(), "s3cret\n");
}

#[tokio::test]
async fn a_secret_of_the_system_that_reads_as_empty_is_said_to_be_hidden() {
    let cell = Cell::new().await;
    if !cell.has(Layer::MountNamespace) || !Path::new("/etc/shadow").is_file() {
        return;
    }
    for command in ["cat /etc/shadow", "wc -l < /etc/shadow"] {
        let result = cell.run(command).await;
        let told = "[sandbox: `/etc/shadow` is hidden from commands (the mount name space)]";
        assert!(result.output.contains(told), "{command}: {}", result.output);
        assert!(result.stopped_by.is_empty(), "it went on: nobody is asked");
    }
    let result = cell.run("echo /etc/shadow").await;
    assert_eq!(result.output, "exit code: 0\n/etc/shadow");
}
