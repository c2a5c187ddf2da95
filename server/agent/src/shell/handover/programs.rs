//! The programs that are known to hand over.

use super::Program;
use crate::shell::Word;

/// Commands of git that run nothing but git and the repository's own hooks. Whatever else stands in
/// their place is an alias, or runs what it is told to.
pub(super) const GIT_COMMANDS: [&str; 72] = [
    "add",
    "am",
    "annotate",
    "apply",
    "archive",
    "blame",
    "branch",
    "bundle",
    "cat-file",
    "check-attr",
    "check-ignore",
    "checkout",
    "checkout-index",
    "cherry",
    "cherry-pick",
    "clean",
    "clone",
    "commit",
    "commit-tree",
    "count-objects",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-tree",
    "fetch",
    "for-each-ref",
    "format-patch",
    "fsck",
    "gc",
    "grep",
    "hash-object",
    "help",
    "init",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "maintenance",
    "merge",
    "merge-base",
    "merge-tree",
    "mv",
    "name-rev",
    "notes",
    "pack-refs",
    "prune",
    "pull",
    "push",
    "range-diff",
    "rebase",
    "reflog",
    "remote",
    "repack",
    "reset",
    "restore",
    "rev-list",
    "rev-parse",
    "revert",
    "rm",
    "shortlog",
    "show",
    "show-branch",
    "show-ref",
    "stash",
    "status",
    "switch",
    "tag",
    "update-index",
    "verify-commit",
    "worktree",
    "write-tree",
];

/// Options of git's commands that run a program, read configuration or write a file.
pub(super) const GIT_OPTIONS: [&str; 14] = [
    "--config",
    "--exec",
    "--export-marks",
    "--ext-diff",
    "--extcmd",
    "--interactive",
    "--open-files-in-pager",
    "--output",
    "--output-directory",
    "--receive-pack",
    "--separate-git-dir",
    "--template",
    "--textconv",
    "--upload-pack",
];

/// Programs that take long options only as they are.
pub(super) const WHOLE_OPTIONS: [&str; 12] = [
    "bazel", "bun", "cargo", "deno", "fd", "fdfind", "go", "node", "nodejs", "rg", "rustc", "yarn",
];

/// Long options that begin others and are none of them.
pub(super) const OTHER_OPTIONS: [&str; 3] = ["--global", "--pre", "--text"];

/// Interpreters that tell their version, or how they are used, and end, for one of these options.
/// Others run what they are fed all the same: `tclsh --version`, `python3 -v`.
const TELLING: &[(&[&str], &[&str])] = &[
    (&["node", "nodejs", "perl", "php", "ruby"], &["--help", "--version", "-h", "-v"]),
    (&["python", "pypy"], &["--help", "--version", "-V", "-h"]),
];

const NONE: &[&str] = &[];

const PROGRAMS: &[Program] = &[
    interpreter(&["python", "python2", "python3", "pypy", "pypy3"], "c", NONE, &["-"]),
    interpreter(&["perl"], "deEiIMmx", NONE, &["-"]),
    interpreter(&["ruby"], "erIi", NONE, &["-"]),
    interpreter(
        &["node", "nodejs", "bun"],
        "epr",
        &["--eval", "--print", "--require", "--import", "--loader", "--experimental-loader"],
        &["-", "exec", "x"],
    ),
    interpreter(&["deno"], "", NONE, &["eval", "-"]),
    interpreter(&["php"], "rBREdf", NONE, &["-"]),
    interpreter(&["lua", "luajit"], "el", NONE, &["-"]),
    interpreter(&["tclsh", "wish", "expect"], "c", NONE, &["-"]),
    interpreter(&["R", "Rscript", "julia"], "eE", &["--eval", "--print", "--load"], &["-"]),
    interpreter(&["osascript"], "e", NONE, &["-"]),
    interpreter(
        &[
            "elixir", "erl", "ghc", "ghci", "groovy", "iex", "irb", "racket", "runghc", "sbcl",
            "scala",
        ],
        "er",
        &["--eval", "--rpc-eval", "--load"],
        &["-eval", "-"],
    ),
    interpreter(&["m4"], "D", NONE, &["-"]),
    interpreter(
        &["pwsh", "powershell"],
        "cefCEF",
        &["--command", "--encodedcommand"],
        &["-Command", "-EncodedCommand"],
    ),
    interpreter(
        &["zsh", "fish", "csh", "tcsh", "mksh", "nu", "xonsh"],
        "cCs",
        &["--command", "--commands"],
        NONE,
    ),
    interpreter(&["sh", "bash", "dash", "ash", "ksh"], "s", &["--rcfile", "--init-file"], NONE),
    interpreter(&["busybox", "toybox"], "", NONE, &["sh", "ash"]),
    interpreter(
        &["sqlite3", "duckdb"],
        "A",
        NONE,
        &["-cmd", "-init", "-c", "-f", "-append", "-deserialize", "-unsigned"],
    ),
    interpreter(
        &["psql"],
        "cfovL",
        &["--command", "--file", "--log-file", "--output", "--set", "--variable"],
        NONE,
    ),
    interpreter(
        &["mysql", "mariadb"],
        "e",
        &["--defaults-file", "--execute", "--init-command", "--pager", "--plugin-dir", "--tee"],
        NONE,
    ),
    interpreter(&["gdb", "lldb"], "xo", &["--eval-command", "--command", "--args"], &["-ex"]),
    options(
        &["vim", "vi", "nvim", "view", "ex", "ed", "emacs", "nano"],
        "cflsSeEuUwW",
        &["--batch", "--cmd", "--eval", "--execute", "--funcall", "--load", "--script"],
        NONE,
    ),
    options(
        &["less", "more", "most", "man", "bat"],
        "PkoOHCX",
        &[
            "--config-file",
            "--html",
            "--lesskey-content",
            "--lesskey-file",
            "--lesskey-src",
            "--log-file",
            "--LOG-FILE",
            "--pager",
        ],
        NONE,
    ),
    options(&["ag", "ack"], "", &["--output", "--pager"], NONE),
    options(&["find", "gfind"], "", NONE, &["-delete", "-fprint", "-fprint0", "-fprintf", "-fls"]),
    options(&["fd", "fdfind"], "xX", &["--exec", "--exec-batch"], NONE),
    options(&["rg"], "", &["--pre", "--hostname-bin"], NONE),
    options(
        &["tar", "gtar", "bsdtar"],
        "FIP",
        &[
            "--checkpoint-action",
            "--to-command",
            "--use-compress-program",
            "--rsh-command",
            "--rmt-command",
            "--info-script",
            "--new-volume-script",
            "--absolute-names",
        ],
        NONE,
    ),
    options(&["cpio"], "FIO", &["--rsh-command"], NONE),
    options(&["zip", "unzip"], "T", &["--unzip-command"], NONE),
    options(&["sort"], "oT", &["--output", "--compress-program", "--temporary-directory"], NONE),
    options(&["shuf", "iconv", "tree"], "o", &["--output"], NONE),
    options(&["split"], "", &["--filter"], NONE),
    options(
        &["nc", "ncat", "netcat"],
        "ceo",
        &["--exec", "--lua-exec", "--output", "--sh-exec"],
        NONE,
    ),
    options(
        &["rsync"],
        "eMT",
        &[
            "--backup-dir",
            "--daemon",
            "--log-file",
            "--only-write-batch",
            "--partial-dir",
            "--remote-option",
            "--rsh",
            "--rsync-path",
            "--temp-dir",
            "--write-batch",
        ],
        NONE,
    ),
    options(&["ssh", "scp", "sftp"], "DEFIJLRSbow", NONE, NONE),
    options(&["ssh-keygen"], "Dw", NONE, NONE),
    options(&["ssh-add"], "S", NONE, &["-s", "-e"]),
    options(&["kubectl", "oc", "helm"], "", &["--kubeconfig"], NONE),
    options(&["pylint"], "", &["--init-hook", "--load-plugins", "--rcfile"], NONE),
    options(&["mypy"], "", &["--config-file", "--python-executable"], NONE),
    options(&["pytest", "py.test"], "cp", &["--basetemp", "--config-file", "--rootdir"], NONE),
    options(
        &["eslint"],
        "cf",
        &[
            "--config",
            "--format",
            "--parser",
            "--plugin",
            "--resolve-plugins-relative-to",
            "--rulesdir",
        ],
        NONE,
    ),
    options(&["prettier"], "", &["--config", "--plugin"], NONE),
    options(
        &["curl"],
        "DEJKOTco",
        &[
            "--abstract-unix-socket",
            "--alt-svc",
            "--config",
            "--cookie-jar",
            "--dump-header",
            "--engine",
            "--etag-save",
            "--hsts",
            "--libcurl",
            "--output",
            "--output-dir",
            "--remote-header-name",
            "--remote-name",
            "--remote-name-all",
            "--stderr",
            "--trace",
            "--trace-ascii",
            "--trace-config",
            "--unix-socket",
            "--upload-file",
        ],
        NONE,
    ),
    options(
        &["wget"],
        "OPaeio",
        &[
            "--append-output",
            "--body-file",
            "--config",
            "--directory-prefix",
            "--execute",
            "--hsts-file",
            "--input-file",
            "--output-document",
            "--output-file",
            "--post-file",
            "--rejected-log",
            "--save-cookies",
            "--use-askpass",
            "--warc-file",
        ],
        NONE,
    ),
    options(
        &["make", "gmake"],
        "CEIef",
        &[
            "--directory",
            "--environment-overrides",
            "--eval",
            "--file",
            "--include-dir",
            "--makefile",
        ],
        NONE,
    ),
    options(
        &["just"],
        "cdfs",
        &["--command", "--justfile", "--set", "--shell", "--shell-arg", "--working-directory"],
        NONE,
    ),
    options(&["ninja"], "Cft", NONE, NONE),
    options(&["cmake"], "CEP", &["--build-and-test", "--toolchain"], NONE),
    options(&["ctest"], "SD", &["--build-and-test", "--script"], NONE),
    options(&["cargo"], "ZC", &["--codegen", "--config", "--manifest-path", "--target-dir"], NONE),
    options(&["rustc"], "C", &["--codegen"], NONE),
    options(
        &["npm", "pnpm", "yarn"],
        "",
        &[
            "--browser",
            "--call",
            "--editor",
            "--git",
            "--globalconfig",
            "--init-module",
            "--node-gyp",
            "--node-options",
            "--prefix",
            "--python",
            "--script-shell",
            "--shell",
            "--userconfig",
            "--viewer",
        ],
        &["exec", "x", "dlx", "explore", "config", "set"],
    ),
    options(
        &["go"],
        "",
        &["--exec", "--toolexec", "--vettool"],
        &["-exec", "-toolexec", "-exec=", "-toolexec=", "-vettool="],
    ),
    options(
        &["gcc", "g++", "cc", "c++", "clang", "clang++"],
        "B",
        &["--ld-path", "--specs"],
        &[
            "-Xclang",
            "-Xlinker",
            "-fplugin=",
            "-fuse-ld=",
            "-load",
            "-specs",
            "-specs=",
            "-wrapper",
        ],
    ),
    options(
        &["ld", "ar", "nm", "objdump", "ranlib", "strip", "size"],
        "",
        &["--plugin"],
        &["-plugin"],
    ),
    options(
        &["java"],
        "",
        NONE,
        &["-XX:OnError=", "-XX:OnOutOfMemoryError=", "-agentlib:", "-agentpath:", "-javaagent:"],
    ),
    options(&["install"], "", &["--strip-program"], NONE),
    options(&["diff3"], "", &["--diff-program"], NONE),
    options(&["sdiff"], "o", &["--diff-program", "--output"], NONE),
    options(&["patch"], "oer", &["--ed", "--output", "--reject-file"], NONE),
    options(
        &[
            "etex", "latex", "luahbtex", "lualatex", "luatex", "pdflatex", "pdftex", "tex",
            "xelatex", "xetex",
        ],
        "",
        &["--enable-write18", "--shell-escape"],
        &["-enable-write18", "-shell-escape", "\\"],
    ),
    options(
        &["latexmk"],
        "",
        &["--shell-escape"],
        &["-e", "-latex=", "-lualatex=", "-pdflatex=", "-r", "-shell-escape", "-xelatex="],
    ),
    options(&["ip"], "", &["--batch"], &["-b", "-batch", "exec"]),
    options(&["hg"], "", &["--config", "--config-file"], NONE),
    options(
        &["svn"],
        "",
        &["--config-dir", "--config-option", "--diff-cmd", "--diff3-cmd", "--editor-cmd"],
        NONE,
    ),
    options(
        &["pandoc"],
        "FLdo",
        &[
            "--defaults",
            "--extract-media",
            "--filter",
            "--log",
            "--lua-filter",
            "--output",
            "--pdf-engine",
            "--pdf-engine-opt",
        ],
        NONE,
    ),
    options(&["fzf"], "", &["--bind", "--listen", "--preview", "--with-shell"], NONE),
    options(&["ctags"], "fo", &["--options", "--options-maybe"], NONE),
    options(
        &["bazel", "bazelisk"],
        "",
        &[
            "--action_env",
            "--bazelrc",
            "--host_jvm_args",
            "--override_repository",
            "--run_under",
            "--shell_executable",
            "--workspace_status_command",
        ],
        NONE,
    ),
    options(
        &["gradle", "gradlew"],
        "",
        &["--init-script", "--include-build", "--project-dir"],
        &["-b", "-c", "-p"],
    ),
    options(
        &["mvn", "mvnw"],
        "",
        &["--file", "--global-settings", "--settings", "--toolchains"],
        &["-Dexec.executable=", "-Dmaven.ext.class.path=", "-f", "-gs", "-s", "-t"],
    ),
    options(
        &["rake"],
        "efrREI",
        &[
            "--execute",
            "--execute-continue",
            "--execute-print",
            "--libdir",
            "--rakefile",
            "--rakelib",
            "--require",
        ],
        NONE,
    ),
    options(&["mix"], "er", &["--eval", "--require"], NONE),
    options(
        &["pip", "pip3"],
        "it",
        &[
            "--cache-dir",
            "--config-settings",
            "--extra-index-url",
            "--global-option",
            "--index-url",
            "--log",
            "--prefix",
            "--python",
            "--root",
            "--src",
            "--target",
        ],
        NONE,
    ),
    options(&["rustup"], "", NONE, &["link", "run"]),
    options(&["npx"], "", &["--call"], &["-c"]),
    options(&["apt", "apt-get", "aptitude"], "co", &["--config-file", "--option"], NONE),
    options(&["dpkg"], "", &["--post-invoke", "--pre-invoke", "--status-logger"], NONE),
    options(&["tcpdump"], "wz", &["--postrotate-command"], NONE),
    options(&["date"], "s", &["--set"], NONE),
    options(&["dd"], "", NONE, &["of="]),
    options(&["csplit"], "f", &["--prefix"], NONE),
    options(&["base64"], "o", &["--output"], NONE),
    options(&["openssl"], "", NONE, &["-engine", "-out", "-writerand"]),
    options(&["yq"], "is", &["--inplace", "--split-exp", "--split-exp-file"], NONE),
    options(&["diff"], "", &["--paginate"], NONE),
];

const fn options(
    names: &'static [&'static str],
    letters: &'static str,
    long: &'static [&'static str],
    words: &'static [&'static str],
) -> Program {
    Program { names, letters, long, words, runs_input: false }
}

const fn interpreter(
    names: &'static [&'static str],
    letters: &'static str,
    long: &'static [&'static str],
    words: &'static [&'static str],
) -> Program {
    Program { names, letters, long, words, runs_input: true }
}

/// Returns what is known about a program, also where its name carries a version or, of a compiler,
/// what it compiles for.
pub(super) fn find(name: &str) -> Option<&'static Program> {
    let find = |name: &str| PROGRAMS.iter().find(|it| it.names.contains(&name));
    find(name)
        .or_else(|| find(without_version(name)))
        .or_else(|| find(without_target(without_version(name))))
}

/// Returns whether an interpreter is only asked for its version, or how it is used.
pub(super) fn only_tells(name: &str, arguments: &[Word]) -> bool {
    let name = without_version(name);
    let [only] = arguments else { return false };
    TELLING.iter().any(|(names, options)| names.contains(&name) && only.is_one_of(options))
}

/// Returns a program's name without the version at its end.
pub(super) fn without_version(name: &str) -> &str {
    name.trim_end_matches(|it: char| it.is_ascii_digit() || matches!(it, '.' | '-'))
}

/// Returns a compiler's name without what it compiles for: `x86_64-linux-gnu-gcc`.
pub(super) fn without_target(name: &str) -> &str {
    if name.contains("-linux-") || name.contains("-none-") || name.contains("-mingw32-") {
        name.rsplit('-').next().unwrap_or(name)
    } else {
        name
    }
}
