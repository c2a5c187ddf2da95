//! Commands that try to get out of their sandbox, and what stops each.
//!
//! A layer that the machine does not have is named on stderr and its attempts are left out; where
//! `CI` is set that is a failure. Some attempts are made a second time without name spaces, as on
//! machines that allow none.

mod attributes;
mod git;
mod pairs;
mod secrets;
mod told;

use std::{
    collections::BTreeSet,
    env, fs,
    net::{TcpListener, UdpSocket},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use agent::tool::{PreparedCall, ResultKind, ToolResult};
use runtime::{
    config::Config,
    editor::NoEditor,
    folders::Folders,
    sandbox::{Ability, Layer, Sandbox},
    tools::{Confinement, Toolbox},
    trust::trusts,
    workspace::Workspace,
};
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A workspace whose commands are confined.
struct Cell {
    dir: Arc<TempDir>,
    folders: Arc<Folders>,
    toolbox: Arc<Toolbox>,
    layers: BTreeSet<Layer>,
}

impl Cell {
    async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// A cell of a machine without name spaces.
    async fn without_name_spaces() -> Self {
        let drop_name_spaces = |ability: &mut Ability| {
            for layer in [
                Layer::PidNamespace,
                Layer::MountNamespace,
                Layer::NetworkNamespace,
                Layer::ProcessLimit,
            ] {
                ability.layers.remove(&layer);
            }
        };
        Self::with(|_| {}, drop_name_spaces).await
    }

    async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(change, |_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config), limit: impl FnOnce(&mut Ability)) -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("w")).unwrap();
        Self::in_folder(Arc::new(dir), "w", change, limit).await
    }

    /// A cell whose workspace is another folder beside this one's.
    async fn at(&self, folder: &str) -> Self {
        Self::in_folder(Arc::clone(&self.dir), folder, |_| {}, |_| {}).await
    }

    async fn in_folder(
        dir: Arc<TempDir>,
        folder: &str,
        change: impl FnOnce(&mut Config),
        limit: impl FnOnce(&mut Ability),
    ) -> Self {
        let root = dir.path().canonicalize().unwrap().join(folder);
        let home = env::home_dir().unwrap();
        let folders = Arc::new(Folders { home, ..Folders::below(dir.path()) });
        let workspace = Workspace::open(&root, &folders, Arc::new(NoEditor)).unwrap();
        let mut config = Config::default();
        change(&mut config);
        let sandbox = Sandbox::with_program(env!("CARGO_BIN_EXE_preceptor").into());
        let mut ability = sandbox.ability().await.clone();
        limit(&mut ability);
        let layers = ability.layers.clone();
        let toolbox = Toolbox::new(
            workspace,
            Arc::clone(&folders),
            Arc::new(config),
            vec!["PRECEPTOR_STUDENT_API_KEY".to_owned()],
            &dir.path().join("run"),
            Some(Confinement::new(sandbox, ability)),
        );
        Self { dir, folders, toolbox: Arc::new(toolbox), layers }
    }

    /// Whether an attempt can be made here: the layer that has to stop it is there.
    fn has(&self, layer: Layer) -> bool {
        let is_there = self.layers.contains(&layer);
        if !is_there {
            assert!(env::var_os("CI").is_none(), "{layer} is missing");
            #[expect(clippy::print_stderr, reason = "what was not tested is told")]
            {
                eprintln!("skipped: {layer}");
            }
        }
        is_there
    }

    /// The layer that stops writing first.
    fn first_of_writing(&self) -> Layer {
        let mounts = self.layers.contains(&Layer::MountNamespace);
        if mounts { Layer::MountNamespace } else { Layer::LandlockFiles }
    }

    async fn run(&self, command: &str) -> ToolResult {
        self.run_for(command, 60).await
    }

    async fn run_for(&self, command: &str, timeout_s: u64) -> ToolResult {
        let serde_json::Value::Object(arguments) =
            json!({"command": command, "timeout_s": timeout_s})
        else {
            unreachable!()
        };
        let call = PreparedCall {
            id: "c".to_owned(),
            tool: "bash".to_owned(),
            arguments,
            outside_sandbox: false,
        };
        let outcomes = self.toolbox.run_all(&[call], 1, &CancellationToken::new()).await;
        outcomes.into_iter().next().unwrap().result
    }

    /// Whether the home lies among the temporary files, which the command has its own of: what it
    /// reads and writes there is not the home's.
    fn has_home_of_its_own(&self) -> bool {
        let home = self.folders.home.canonicalize().unwrap();
        self.layers.contains(&Layer::MountNamespace)
            && ["/tmp", "/var/tmp"].iter().any(|folder| home.starts_with(folder))
    }

    /// Makes an attempt that has to fail, and be blamed on the layer.
    #[track_caller]
    fn check_stopped(result: &ToolResult, layer: Layer) {
        assert_ne!(result.exit_code, Some(0), "{}", result.output);
        let blame = format!("({layer})]");
        assert!(result.output.contains(&blame), "{layer} is named in:\n{}", result.output);
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("w").join(path)
    }
}

/// A process of somebody else.
struct Bystander(Child);

impl Bystander {
    fn start() -> Self {
        let mut command = Command::new("sleep");
        Self(command.arg("600").env("SECRET", "s3cret").stdin(Stdio::null()).spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn this_machine_enforces_the_whole_sandbox() {
    let cell = Cell::new().await;
    for layer in [
        Layer::LandlockFiles,
        Layer::LandlockScope,
        Layer::Seccomp,
        Layer::PidNamespace,
        Layer::MountNamespace,
        Layer::NetworkNamespace,
        Layer::ProcessLimit,
        Layer::FileSizeLimit,
        Layer::Privileges,
    ] {
        cell.has(layer);
    }
}

#[tokio::test]
async fn ordinary_work_is_not_hindered() {
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        let script = "set -e; echo a > a.txt; mkdir -p d; mv a.txt d/b.txt; cat d/b.txt; \
                      ln -s d/b.txt l; cat l; echo t > \"$TMPDIR/t\"; sort < /dev/null; \
                      echo x > /dev/null; cat <(echo p) | tee /dev/stderr; [ -n \"$HOME\" ]; \
                      sh -c 'exit 3'";
        let result = cell.run(script).await;
        assert_eq!(result.output, "exit code: 3\na\na\np\np");
        assert_eq!(cell.run("cat \"$TMPDIR/t\"; kill -9 $$").await.output, "exit code: 137\nt");
        assert_eq!(fs::read_to_string(cell.path("d/b.txt")).unwrap(), "a\n");
    }
}

#[tokio::test]
async fn writing_outside_the_workspace_is_stopped() {
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        if !cell.has(Layer::LandlockFiles) {
            return;
        }
        for target in ["/etc/preceptor-escape", "/usr/preceptor-escape"] {
            let result = cell.run(&format!("echo x > {target}")).await;
            Cell::check_stopped(&result, cell.first_of_writing());
        }
        let result = cell.run("echo x > \"$HOME/preceptor-escape\"").await;
        if !cell.has_home_of_its_own() {
            Cell::check_stopped(&result, cell.first_of_writing());
        }
        assert!(!cell.folders.home.join("preceptor-escape").exists());
        fs::write(cell.dir.path().join("beside"), "precious").unwrap();
        for attempt in [
            "echo x > ../beside",
            "truncate -s 0 ../beside",
            "ln -s .. up; echo x > up/beside",
            "ln ../beside hard && echo x > hard",
            "mv ../beside here",
            "rm -f ../beside",
            "cd /proc/self/cwd/..; echo x > beside",
            "cd ..; echo x > beside",
        ] {
            cell.run(attempt).await;
            let kept = fs::read_to_string(cell.dir.path().join("beside")).unwrap();
            assert_eq!(kept, "precious", "{attempt}");
        }
    }
}

#[tokio::test]
async fn a_link_that_is_swapped_in_during_the_call_leads_nowhere() {
    let cell = Cell::new().await;
    if !cell.has(Layer::LandlockFiles) {
        return;
    }
    // Neither in the workspace nor among the temporary files, which a command has its own of.
    let outside = Path::new("/etc");
    let name = format!("preceptor-{}", std::process::id());
    let swap = "mv -T real at; mv -T at real; mv -T link at; mv -T at link";
    let script = format!(
        "mkdir real; ln -s {} link; (for i in $(seq 200); do {swap}; done) 2>/dev/null & \
         while kill -0 $! 2>/dev/null; do echo x > at/{name}; done 2>/dev/null; \
         rm -rf at; mv -T link at; echo x > at/{name}",
        outside.display()
    );
    let result = cell.run(&script).await;
    Cell::check_stopped(&result, cell.first_of_writing());
    assert!(!outside.join(&name).exists());
}

#[tokio::test]
async fn polite_signals_end_what_runs_inside() {
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        let result = cell.run("timeout 1 sleep 50; echo $?; sleep 50 & kill $!; wait $!; echo $?");
        assert_eq!(result.await.output, "exit code: 0\n124\n143");
    }
}

#[tokio::test]
async fn the_homes_secrets_are_not_read() {
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        if !cell.has(Layer::LandlockFiles) {
            return;
        }
        let marker = TempDir::with_prefix_in("preceptor-marker", &cell.folders.home).unwrap();
        let result = cell.run("ls -a \"$HOME\"").await;
        if !cell.has_home_of_its_own() {
            Cell::check_stopped(&result, Layer::LandlockFiles);
        }
        let marker = marker.path().file_name().unwrap().to_str().unwrap();
        assert!(!result.output.contains(marker), "{}", result.output);
        fs::write(cell.dir.path().join("secret"), "s3cret").unwrap();
        for attempt in [
            "cat ../secret",
            "ln -s ../secret l; cat l",
            "cat /proc/self/root$PWD/../secret",
            "cp -r .. copy; cat copy/secret",
            "cat < ../secret",
        ] {
            let result = cell.run(attempt).await;
            assert!(!result.output.contains("s3cret"), "{attempt}: {}", result.output);
        }
    }
}

#[tokio::test]
async fn a_command_cannot_trust_its_own_workspace() {
    let program = Path::new(env!("CARGO_BIN_EXE_preceptor"));
    let may_run = |config: &mut Config| {
        config.sandbox.home_folders.push(program.parent().unwrap().to_path_buf());
    };
    let cell = Cell::configured(may_run).await;
    if cell.has(Layer::LandlockFiles) {
        let program = program.display();
        let result = cell.run(&format!("{program} --version && {program} trust")).await;
        assert!(result.output.contains("preceptor 0"), "it was run: {}", result.output);
        if !cell.has_home_of_its_own() {
            assert_eq!(result.exit_code, Some(2), "{}", result.output);
        }
        let state = cell.folders.state.parent().unwrap().display().to_string();
        cell.run(&format!("XDG_STATE_HOME={state} {program} trust")).await;
        assert!(!trusts(&cell.folders, &cell.path(".")), "nobody trusts it");
        cell.run(&format!("mkdir -p {state}/preceptor/trust && echo x > {state}/preceptor/x"))
            .await;
        assert!(!cell.folders.state.join("x").exists());
    }
}

#[tokio::test]
async fn the_network_is_not_reached() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    let (tcp_port, udp_port) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        for attempt in [
            format!("echo x > /dev/tcp/127.0.0.1/{tcp_port}"),
            format!("echo x > /dev/udp/127.0.0.1/{udp_port}"),
        ] {
            cell.run(&attempt).await;
        }
        assert!(tcp.accept().is_err(), "nobody came");
        assert!(udp.recv(&mut [0; 8]).is_err(), "nothing came");
    }
    let cell = Cell::new().await;
    if cell.has(Layer::NetworkNamespace) {
        for protocol in ["tcp", "udp"] {
            let result = cell.run(&format!("echo x > /dev/{protocol}/192.0.2.1/9")).await;
            Cell::check_stopped(&result, Layer::NetworkNamespace);
        }
    }
    let cell = Cell::without_name_spaces().await;
    if cell.has(Layer::Seccomp) {
        let result = cell.run(&format!("echo x > /dev/tcp/127.0.0.1/{tcp_port}")).await;
        assert!(result.output.contains("Operation not permitted"), "{}", result.output);
        Cell::check_stopped(&result, Layer::Seccomp);
    }
}

#[tokio::test]
async fn the_network_is_reached_where_that_is_allowed() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let cell = Cell::configured(|config| config.sandbox.network = true).await;
    let result = cell.run(&format!("echo x > /dev/tcp/127.0.0.1/{port}")).await;
    assert_eq!(result.exit_code, Some(0), "{}", result.output);
    tcp.set_nonblocking(true).unwrap();
    assert!(tcp.accept().is_ok(), "somebody came");
}

#[tokio::test]
async fn unix_sockets_are_not_made() {
    for cell in [
        Cell::new().await,
        Cell::without_name_spaces().await,
        Cell::configured(|config| config.sandbox.network = true).await,
    ] {
        if !cell.has(Layer::Seccomp) {
            return;
        }
        let path = cell.path("s");
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let script = "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die \"socket: $!\"; \
                      connect($s, pack_sockaddr_un(\"s\")) or die \"connect: $!\"";
        // A path stands for all of them: no socket is made that could be connected to anything.
        let result = cell.run(&format!("perl -e '{script}'")).await;
        Cell::check_stopped(&result, Layer::Seccomp);
        assert!(listener.accept().is_err(), "nobody came");
        let pair = "perl -MSocket -e 'socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die'";
        assert_eq!(cell.run(pair).await.exit_code, Some(0), "pairs reach nobody else");
    }
}

#[tokio::test]
async fn a_fork_bomb_stays_small() {
    let cell = Cell::configured(|config| config.sandbox.max_processes = 320).await;
    if cell.has(Layer::ProcessLimit) {
        let script = "for (1..5000) { my $pid = fork; defined $pid or die \"fork: $!\"; \
                      if (!$pid) { sleep 600 } }";
        let result = cell.run(&format!("perl -e '{script}'")).await;
        Cell::check_stopped(&result, Layer::ProcessLimit);
        let start = Instant::now();
        let bomb = cell.run_for("bomb() { bomb | bomb & }; bomb; sleep 600", 2).await;
        assert_eq!(bomb.kind, ResultKind::Failed, "{}", bomb.output);
        assert!(start.elapsed() < Duration::from_secs(30), "its end is waited for");
        assert_eq!(cell.run("echo well").await.output, "exit code: 0\nwell");
    }
}

#[tokio::test]
async fn endless_output_ends_the_command() {
    let cell = Cell::new().await;
    let result = cell.run_for("yes preceptor | cat", 300).await;
    assert_eq!(result.kind, ResultKind::Failed);
    assert!(result.output.contains("printed more than 256 MB"), "{}", result.output);
    assert!(result.output.len() < 64 * 1024, "and is clipped");
}

#[tokio::test]
async fn a_giant_file_is_cut_off() {
    let cell = Cell::configured(|config| config.sandbox.max_file_mb = 1).await;
    if cell.has(Layer::FileSizeLimit) {
        let result = cell.run("head -c 3000000 /dev/zero > big").await;
        Cell::check_stopped(&result, Layer::FileSizeLimit);
        assert_eq!(fs::metadata(cell.path("big")).unwrap().len(), 1024 * 1024);
    }
}

#[tokio::test]
async fn other_programs_get_no_signals_and_show_no_memory() {
    let mut bystander = Bystander::start();
    let pid = bystander.0.id();
    for cell in [Cell::new().await, Cell::without_name_spaces().await] {
        for attempt in [
            format!("kill -9 {pid}"),
            "kill -9 -1".to_owned(),
            format!("kill -9 {}", std::process::id()),
            "kill -9 $PPID".to_owned(),
        ] {
            // What kills everything kills the shell too; nothing else may die of it.
            cell.run(&attempt).await;
            assert!(bystander.is_alive(), "{attempt}");
        }
        for file in ["environ", "mem", "maps", "root/etc/passwd", "cwd/x", "fd/0"] {
            let result = cell.run(&format!("head -c 100 /proc/{pid}/{file}")).await;
            assert_ne!(result.exit_code, Some(0), "{file}: {}", result.output);
            assert!(!result.output.contains("s3cret"), "{file}");
        }
        let attach = format!("perl -e 'syscall(101, 16, {pid}, 0, 0) == 0 or die \"ptrace: $!\"'");
        #[cfg(target_arch = "x86_64")]
        assert_ne!(cell.run(&attach).await.exit_code, Some(0), "it is not traced");
        #[cfg(not(target_arch = "x86_64"))]
        drop(attach);
    }
    let result = Cell::new().await.run(&format!("kill -0 {pid}")).await;
    assert!(result.output.contains("No such process"), "{}", result.output);
    let is_told = result.output.contains(&format!("({})]", Layer::PidNamespace));
    assert_eq!(is_told, Cell::new().await.has(Layer::PidNamespace), "{}", result.output);
    let cell = Cell::without_name_spaces().await;
    if cell.has(Layer::LandlockScope) {
        let result = cell.run(&format!("kill -0 {pid}")).await;
        assert!(result.output.contains("Operation not permitted"), "{}", result.output);
    }
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it() {
    let cells = [Cell::new().await, Cell::without_name_spaces().await];
    for (cell, seconds) in cells.iter().zip([1, 2]) {
        let seconds = &unheard_of(seconds);
        let daemon = format!("setsid sh -c '(sleep {seconds} &) & exec sleep {seconds}' & disown");
        let start = Instant::now();
        let result = cell.run(&daemon).await;
        assert_eq!(result.exit_code, Some(0), "{}", result.output);
        let is_told = result.output.contains("what it left running was ended with it");
        assert_eq!(is_told, cell.layers.contains(&Layer::PidNamespace), "{}", result.output);
        assert_eq!(running(seconds), 0, "after its end");
        let result = cell.run_for(&format!("{daemon}; sleep 600"), 1).await;
        assert!(result.output.contains("ended after 1 s"), "{}", result.output);
        assert_eq!(running(seconds), 0, "after its time");
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn everything_ends_with_the_server() {
    let cells = [Cell::new().await, Cell::without_name_spaces().await];
    for (cell, seconds) in cells.iter().zip([3, 4]) {
        let seconds = &unheard_of(seconds);
        let command = format!("setsid sleep {seconds} & sleep {seconds}");
        // The pipe is closed by whatever ends the server; here the call is dropped under way.
        let running_call = cell.run(&command);
        let has_started = async {
            while running(seconds) < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            result = running_call => panic!("it ended by itself: {}", result.output),
            () = has_started => {}
        }
        let end = Instant::now() + Duration::from_secs(20);
        while running(seconds) > 0 {
            assert!(Instant::now() < end, "it goes on without the server");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn the_environment_holds_no_secrets() {
    let cell = Cell::new().await;
    let result = cell.run("env").await;
    let names: BTreeSet<&str> =
        result.output.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(names.contains("PATH") && names.contains("HOME"), "{names:?}");
    // What cargo tells its tests is nobody else's business.
    assert!(env::var_os("CARGO_PKG_NAME").is_some() && !names.contains("CARGO_PKG_NAME"));
}

#[tokio::test]
async fn temporary_files_of_others_are_not_seen() {
    let cell = Cell::new().await;
    if cell.has(Layer::MountNamespace) {
        let other = tempfile::Builder::new().prefix("other-").tempfile_in("/tmp").unwrap();
        let result = cell.run("ls /tmp | grep other-; echo t > /tmp/mine").await;
        assert_eq!(result.output, "exit code: 0\n");
        assert!(!Path::new("/tmp/mine").exists() && other.path().exists());
        assert_eq!(cell.run("cat /tmp/mine").await.output, "exit code: 0\nt");
    }
}

#[tokio::test]
async fn a_workspace_that_is_only_read_stays_as_it_is() {
    let read_only =
        |config: &mut Config| config.sandbox.mode = runtime::config::SandboxMode::ReadOnly;
    let cell = Cell::configured(read_only).await;
    fs::write(cell.path("a"), "a\n").unwrap();
    assert_eq!(cell.run("cat a; echo t > \"$TMPDIR/t\"").await.output, "exit code: 0\na");
    let result = cell.run("echo x > \"$PWD/a\"").await;
    Cell::check_stopped(&result, cell.first_of_writing());
}

/// Returns a time that no other process sleeps.
pub(crate) fn unheard_of(number: u32) -> String {
    format!("{}{number}", 10_000_000 + std::process::id())
}

/// Counts the processes of this machine that sleep so long.
pub(crate) fn running(seconds: &str) -> usize {
    let wanted = format!("sleep\0{seconds}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let is_it = |path: PathBuf| fs::read(path).is_ok_and(|it| it == wanted.as_bytes());
    processes.filter(|process| is_it(process.path().join("cmdline"))).count()
}
