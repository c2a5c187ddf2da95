//! Outputs of commands, and who is to blame.

use std::path::Path;

use expect_test::{Expect, expect};

use super::{Denial, Evidence, denials};
use crate::sandbox::{Ability, Layer, Policy};

fn line(denial: &Denial) -> String {
    let end = if denial.is_negotiable { "" } else { " (not offered)" };
    format!("{}: {}{end}\n", denial.layer, denial.what)
}

#[track_caller]
fn check(output: &str, expected: &Expect) {
    check_with(&[Layer::NetworkNamespace, Layer::MountNamespace], output, expected);
}

#[track_caller]
fn check_with(layers: &[Layer], output: &str, expected: &Expect) {
    check_command(layers, "./build.sh", &[], output, expected);
}

/// With programs: that of a command which went well and prints texts of files.
#[track_caller]
fn check_command(
    layers: &[Layer],
    command: &str,
    speakers: &[&str],
    output: &str,
    expected: &Expect,
) {
    let policy = Policy {
        read: vec!["/usr".into(), "/w/.git/hooks".into()],
        write: vec!["/w".into()],
        read_only: vec!["/w/.git/hooks".into(), "/w/kept".into()],
        own: vec!["/w/kept".into()],
        hidden: vec!["/w/.ssh".into()],
        temp: "/t".into(),
        ..Policy::default()
    };
    let ability = Ability { layers: layers.iter().copied().collect(), ..Ability::default() };
    let speakers: Vec<String> = speakers.iter().map(|&it| it.to_owned()).collect();
    let evidence = Evidence {
        folder: Path::new("/w"),
        command,
        output,
        exit_code: i32::from(speakers.is_empty()),
        writes: &["/srv/out".into()],
        linked: &["/home/u/.bashrc".into()],
        given: &[],
        speakers: (!speakers.is_empty()).then_some(speakers.as_slice()),
        listens: &|port| port == 8080,
    };
    let found = denials(&policy, &ability, &evidence);
    let lines: Vec<String> = found.iter().map(line).collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_link_that_led_elsewhere_is_told_whatever_it_is_now() {
    let layers = [Layer::NetworkNamespace, Layer::MountNamespace];
    let check_link = |command: &str, output: &str, expected: &Expect| {
        check_command(&layers, command, &[], output, expected);
    };
    check_link(
        "ln -sfn /etc lk; echo x > lk/q; ln -sfn . lk; exit 1",
        "bash: line 1: lk/q: Read-only file system",
        &expect![[r#"
            the mount name space: `/w/lk/q` led outside what commands may write
        "#]],
    );
    check_link(
        "ln -sfn /home/u/.bashrc lk2; cat lk2; rm lk2; exit 1",
        "cat: lk2: Permission denied",
        &expect![[r#"
            Landlock: `/home/u/.bashrc` is outside what commands may read
        "#]],
    );
    check_link("./build.sh", "bash: ./script.sh: Permission denied", &expect![[""]]);
}

#[test]
fn a_refused_file_is_compared_with_the_policy() {
    check(
        "cat: /home/u/.ssh/id: Permission denied",
        &expect![[r#"
        Landlock: `/home/u/.ssh/id` is outside what commands may read
    "#]],
    );
    check(
        "bash: line 1: /usr/x: Permission denied",
        &expect![[r#"
        Landlock: `/usr/x` is something that commands only read
    "#]],
    );
    check(
        "touch: cannot touch '../x': Permission denied",
        &expect![[r#"
            Landlock: `/x` is outside what commands may write
        "#]],
    );
    check(
        "cp: cannot create '.git/hooks/x': Read-only file system",
        &expect![[r#"
        the mount name space: `/w/.git/hooks/x` is a part of the workspace that commands do not change
    "#]],
    );
    check(
        "/usr/bin/tool: line 3: /home/u/.tool/run: Permission denied",
        &expect![[r#"
            Landlock: `/home/u/.tool/run` is outside what commands may read or write
        "#]],
    );
    check(
        "error: could not write config file .git/hooks/c: Device or resource busy",
        &expect![[r#"
        the mount name space: `/w/.git/hooks/c` is a part of the workspace that commands do not change
    "#]],
    );
    check("bash: ./script.sh: Permission denied", &expect![[""]]);
    check("bash: line 1: script: Permission denied", &expect![[""]]);
    check(
        "bash: line 1: kept: Read-only file system",
        &expect![[r#"
        the mount name space: `/w/kept` is a part of the workspace that commands do not change (not offered)
    "#]],
    );
    check(
        "PermissionError: [Errno 13] Permission denied: 'kept'",
        &expect![[r#"
        the mount name space: `/w/kept` is a part of the workspace that commands do not change (not offered)
    "#]],
    );
    check(
        "PermissionError: [Errno 13] Permission denied: '/home/u/x'",
        &expect![[r#"
            Landlock: `/home/u/x` is outside what commands may read or write
        "#]],
    );
}

#[test]
fn temporary_folders_are_the_commands_own_where_there_are_name_spaces() {
    let output = "ls: cannot open directory '/tmp/x': Permission denied";
    check_with(&[Layer::MountNamespace], output, &expect![[""]]);
    check_with(
        &[Layer::LandlockFiles],
        output,
        &expect![[r#"
        Landlock: `/tmp/x` is outside what commands may read
    "#]],
    );
}

#[test]
fn networks_limits_and_sockets_are_known_by_their_words() {
    check(
        "curl: (6) Could not resolve host: example.org",
        &expect![[r#"
        the network name space: commands have no network
    "#]],
    );
    check(
        "bash: fork: retry: Resource temporarily unavailable",
        &expect![[r#"
            the limit on processes: 4096 processes may run at most; `sandbox.max_processes` allows more (not offered)
        "#]],
    );
    check(
        "dd: error writing 'big': File too large",
        &expect![[r#"
            the limit on file sizes: files may have 4294967296 bytes at most; `sandbox.max_file_mb` allows more (not offered)
        "#]],
    );
    check(
        "socket: Operation not permitted",
        &expect![[r#"
        seccomp: commands open no Unix sockets, nor other unusual ones
    "#]],
    );
    check("everything is fine", &expect![[""]]);
}

#[test]
fn files_of_a_repository_around_the_workspace_are_known() {
    let output = "error: could not lock config file .git/config: Read-only file system";
    let policy =
        Policy { read: vec!["/r/.git".into()], write: vec!["/r/w".into()], ..Policy::default() };
    let policy = Policy { temp: "/t".into(), ..policy };
    let evidence = Evidence {
        folder: Path::new("/r/w"),
        command: "git remote add o x",
        output,
        exit_code: 128,
        writes: &[],
        linked: &[],
        given: &[],
        speakers: None,
        listens: &|_| false,
    };
    let found = denials(&policy, &Ability::default(), &evidence);
    assert_eq!(found[0].what, "`/r/.git/config` is something that commands only read");
}

#[test]
fn what_was_tried_is_said_as_the_program_says_it() {
    for (output, expected) in [
        ("touch: cannot touch '/srv/x': Permission denied", "write"),
        ("tee: /srv/x: Permission denied", "write"),
        ("bash: line 1: /srv/out: Permission denied", "write"),
        ("rm: cannot remove '/srv/x': Permission denied", "write"),
        ("ls: cannot open directory '/srv': Permission denied", "read"),
        ("grep: /srv/x: Permission denied", "read"),
        ("bash: line 1: /srv/tool: Permission denied", "read or write"),
        ("PermissionError: [Errno 13] Permission denied: '/srv/x'", "read or write"),
    ] {
        let evidence = Evidence {
            folder: Path::new("/w"),
            command: "./build.sh",
            output,
            exit_code: 1,
            writes: &["/srv/out".into()],
            linked: &[],
            given: &[],
            speakers: None,
            listens: &|_| false,
        };
        let policy = Policy { temp: "/t".into(), ..Policy::default() };
        let found = denials(&policy, &Ability::default(), &evidence);
        let end = format!("is outside what commands may {expected}");
        assert!(found[0].what.ends_with(&end), "{output}: {found:?}");
    }
}

#[test]
fn sockets_are_known_by_what_stands_around_the_error() {
    let socket = expect![[r#"
        seccomp: commands open no Unix sockets, nor other unusual ones
    "#]];
    let traceback = "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n  \
                     File \"/usr/lib/python3/socket.py\", line 232, in __init__\n    \
                     _socket.socket.__init__(self, family, type, proto, fileno)\n\
                     PermissionError: [Errno 1] Operation not permitted\n";
    check(traceback, &socket);
    let perl = "perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or die $!'";
    let layers = [Layer::Seccomp];
    check_command(&layers, perl, &[], "Operation not permitted at -e line 1.", &socket);
    check_command(&layers, "./x", &[], "Operation not permitted at -e line 1.", &expect![""]);
}

#[test]
fn this_machine_is_not_reached_where_somebody_waits_there() {
    let namespace = [Layer::NetworkNamespace];
    let reached = expect![[r#"
        the network name space: commands have a network of their own: what waits on port 8080 of this machine is not reached from there
    "#]];
    let curl =
        "curl: (7) Failed to connect to 127.0.0.1 port 8080 after 0 ms: Couldn't connect to server";
    check_with(&namespace, curl, &reached);
    let python = "python3 -c 'import socket; socket.create_connection((\"localhost\", 8080))'";
    let refused = "ConnectionRefusedError: [Errno 111] Connection refused";
    check_command(&namespace, python, &[], refused, &reached);
    // Nobody waits there, or the machine's network is the command's as well.
    check_with(&namespace, &curl.replace("8080", "8081"), &expect![""]);
    check_with(&[Layer::Seccomp], curl, &expect![""]);
    check_with(
        &namespace,
        "curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server",
        &expect![[r#"
            the network name space: commands have no network
        "#]],
    );
}

#[test]
fn what_is_hidden_is_missing_for_a_command() {
    check(
        "cat: .ssh/id: No such file or directory",
        &expect![[r#"
            the mount name space: `/w/.ssh/id` is hidden from commands
        "#]],
    );
    check("cat: /srv/x: No such file or directory", &expect![""]);
}

#[test]
fn texts_of_files_are_nobodys_complaints() {
    let layers = [Layer::NetworkNamespace];
    let log = "cat: /srv/x: Permission denied\ncurl: (6) Could not resolve host: example.org\n\
               PermissionError: [Errno 13] Permission denied: '/srv/x'\n\
               docs/a.md:3:touch: cannot touch '/srv/y': Permission denied";
    for (command, speakers) in [
        ("cat build.log", ["cat", "true"]),
        ("grep -rn denied docs; true", ["grep", "true"]),
        ("git log -5", ["git", "true"]),
    ] {
        check_command(&layers, command, &speakers, log, &expect![""]);
    }
    check_command(
        &layers,
        "cat /srv/x notes; true",
        &["cat", "true"],
        log,
        &expect![[r#"
            Landlock: `/srv/x` is outside what commands may read
        "#]],
    );
    check_command(
        &layers,
        "git commit -m x; git log -1",
        &["git", "git"],
        "fatal: Unable to create '/srv/x/index.lock': Read-only file system",
        &expect![[r#"
            Landlock: `/srv/x/index.lock` is outside what commands may write
        "#]],
    );
    check_command(
        &layers,
        "curl example.org; cat notes",
        &["curl", "cat"],
        log,
        &expect![[r#"
            Landlock: `/srv/x` is outside what commands may read
            the network name space: commands have no network
        "#]],
    );
}

#[test]
fn an_error_that_an_interpreter_raises_is_its_own() {
    let layers = [Layer::NetworkNamespace, Layer::MountNamespace];
    let python = ["python3", "true"];
    let stack =
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    f()\n";
    let raised = |end: &str| format!("cat: /srv/y: Permission denied\n{stack}{end}");
    check_command(
        &layers,
        "python3 a.py",
        &python,
        &raised("PermissionError: [Errno 13] Permission denied: '/srv/x'"),
        &expect![[r#"
            Landlock: `/srv/x` is outside what commands may read or write
        "#]],
    );
    check_command(
        &layers,
        "python3 a.py",
        &python,
        &raised("socket.gaierror: [Errno -3] Temporary failure in name resolution"),
        &expect![[r#"
            the network name space: commands have no network
        "#]],
    );
    check_command(
        &layers,
        "python3 -m unittest",
        &python,
        "opening /srv/x: Permission denied (expected)\nAssertionError: 1 != 2",
        &expect![""],
    );
    check_command(
        &layers,
        "node a.js",
        &["node"],
        "node:events:491\n      throw er; // Unhandled 'error' event\n      ^\n\n\
         Error: connect EPERM /run/docker.sock - Local (undefined:undefined)",
        &expect![[r#"
            seccomp: commands open no Unix sockets, nor other unusual ones
        "#]],
    );
}

#[test]
fn the_layer_that_is_named_is_the_one_whose_error_it_is() {
    let layers = [Layer::LandlockFiles, Layer::MountNamespace];
    check_with(
        &layers,
        "touch: cannot touch '/srv/x': Read-only file system",
        &expect![[r#"
            the mount name space: `/srv/x` is outside what commands may write
        "#]],
    );
    check_with(
        &layers,
        "ls: cannot open directory '/srv': Permission denied",
        &expect![[r#"
            Landlock: `/srv` is outside what commands may read
        "#]],
    );
    check_with(
        &layers,
        "/srv/tool: socket: Operation not permitted",
        &expect![[r#"
            seccomp: commands open no Unix sockets, nor other unusual ones
        "#]],
    );
}

#[test]
fn processes_of_others_are_out_of_sight_and_out_of_reach() {
    let layers = [Layer::PidNamespace, Layer::Seccomp, Layer::Privileges];
    let other = expect![["
        the PID name space: commands see no processes but their own
    "]];
    let check = |command: &str, output: &str, expected: &Expect| {
        check_command(&layers, command, &[], output, expected);
    };
    check("kill 4711", "bash: line 1: kill: (4711) - No such process", &other);
    check(
        "python3 -c 'import os; os.kill(4711, 9)'",
        "ProcessLookupError: [Errno 3] No such process",
        &other,
    );
    check("sleep 1 & kill $!", "bash: line 1: kill: (12) - No such process", &expect![[""]]);
    check("kill -9 4711", "bash: line 1: kill: (12) - No such process", &expect![[""]]);
    let rights = expect![["
        the loss of privileges: commands mount nothing, make no devices and enter no name spaces
    "]];
    check("mount -t tmpfs x /mnt", "mount: /mnt: permission denied.", &rights);
    check("mknod b b 8 0", "mknod: b: Operation not permitted", &rights);
    check(
        "unshare -Ur true",
        "unshare: write failed /proc/self/uid_map: Operation not permitted",
        &rights,
    );
    check(
        "strace -p 4711",
        "strace: attach: ptrace(PTRACE_SEIZE, 4711): Operation not permitted",
        &expect![["
            seccomp: commands do not look into processes
        "]],
    );
}
