//! What rules refuse, written or started in other ways, where all else may run.

use super::{commands::check, rule};
use crate::policy::{
    Decision::{self, Allow, Ask, Deny},
    Mode, Policy,
};

fn policy() -> Policy {
    let rules = ["git push*", "npm publish*", "rm *"].map(|glob| rule("bash", glob, Deny));
    Policy { mode: Mode::Full, rules: rules.to_vec(), ..Policy::default() }
}

#[track_caller]
fn check_all(table: &[(Decision, &str)]) {
    check(&policy(), table);
}

#[test]
fn what_may_turn_out_to_be_refused_is_asked_about() {
    check_all(&[
        (Deny, "x=push; git $x origin"),
        (Ask, "git $(echo push) origin"),
        (Ask, "git pu$y'sh' origin"),
        (Ask, "git {push,origin}"),
        (Ask, "git \"$x\" origin"),
        (Ask, "git pus? origin"),
        (Ask, "git pu[s]h origin"),
        (Ask, "git $x push"),
        (Ask, "git log$x push"),
        (Ask, "echo push | xargs -I{} git {}"),
        (Ask, "xargs git <<< push"),
        (Ask, "r? x"),
        (Ask, "git log $x"),
        (Allow, "git log \"a$x\""),
        (Allow, "git log *.rs"),
        (Allow, "git commit -m \"rm $x\""),
        (Allow, "echo 'rm x' $x"),
        (Allow, "ls *"),
    ]);
}

#[test]
fn options_before_a_refused_command_are_looked_past() {
    check_all(&[
        (Deny, "git -C . push"),
        (Deny, "git --no-pager push"),
        (Deny, "git -c user.name=x --git-dir .git push origin"),
        (Ask, "git -c $x log"),
        (Ask, "npm --silent publish"),
        (Ask, "npm --loglevel error publish"),
        (Allow, "git -C sub log push"),
        (Allow, "git -c user.name=x commit -m push"),
        (Allow, "npm --silent test"),
    ]);
}

#[test]
fn builtin_commands_start_nothing_that_is_refused() {
    check_all(&[
        (Deny, "eval -- rm x"),
        (Deny, "trap -- 'rm x' EXIT"),
        (Deny, "flock f -c 'rm x'"),
        (Ask, "mapfile -C 'rm x' -c 1 < f"),
        (Ask, "compgen -C 'rm x'"),
        (Deny, "test -v 'a[$(rm x)]'"),
        (Ask, "test $y \"$x\""),
        (Ask, "test -v 'a[b[$x]]'"),
        (Ask, "let \"$x\""),
        (Ask, "declare \"$x=1\""),
        (Ask, "declare -i y=\"$x\""),
        (Deny, "printf -v 'a[$(rm x)]' y"),
        (Ask, "printf $x y"),
        (Deny, "let 'a[$(rm x)]=1'"),
        (Deny, "declare 'a[$(rm x)]=1'"),
        (Deny, "declare -i x='a[$(rm x)]'"),
        (Deny, "unset 'a[$(rm x)]'"),
        (Deny, "read 'a[$(rm x)]' < f"),
        (Ask, "read \"$x\" < f"),
        (Ask, ". /dev/stdin <<< 'rm x'"),
        (Ask, "source <(echo rm x)"),
        (Ask, "bash /proc/self/fd/0 <<< 'rm x'"),
        (Ask, "shopt -s expand_aliases\nalias q='rm x'\nq"),
        (Ask, "hash -p /bin/rm q; q x"),
        (Ask, "PS4='$(rm x)'; set -x; true"),
        (Ask, "GIT_PAGER='rm x' git -p log"),
        (Allow, "GIT_PAGER=cat git log"),
        (Allow, "export PATH=$PATH:/x; declare -a x; read -r y; printf '%s' \"$y\"; unset y"),
        (Allow, ". ./activate; [ \"$x\" = y ]; printf -v y '%s' z"),
    ]);
}

#[test]
fn programs_start_nothing_that_is_refused() {
    check_all(&[
        (Deny, "setpriv rm x"),
        (Deny, "fakeroot rm x"),
        (Deny, "capsh -- -c 'rm x'"),
        (Deny, "i386 rm x"),
        (Deny, "sg root -c 'rm x'"),
        (Deny, "choom -n 0 -- rm x"),
        (Deny, "start-stop-daemon --start --exec /bin/rm -- rm x"),
        (Deny, "start-stop-daemon --start --exec /bin/rm -- x"),
        (Deny, "valgrind rm x"),
        (Deny, "git bisect run rm x"),
        (Deny, "npx rm x"),
        (Deny, "npx -y rm x"),
        (Deny, "uv run rm x"),
        (Ask, "uv run sh -c 'true; $x'"),
        (Deny, "uv run sh -c 'true; rm x'"),
        (Allow, "uv run pytest"),
        (Allow, "npx eslint ."),
        (Allow, "npm run build"),
        (Deny, "ssh localhost rm x"),
        (Deny, "docker run image rm x"),
        (Allow, "docker ps"),
        (Ask, "git rebase -x 'rm x' HEAD"),
        (Ask, "git submodule foreach 'rm x'"),
        (Ask, "git -c alias.q='!rm x' q"),
        (Ask, "git config alias.q '!rm x'"),
        (Allow, "git config user.name x"),
        (Allow, "git -C sub status"),
        (Allow, "git format-patch -o out HEAD~1"),
        (Ask, "gcc -wrapper rm,x f.c"),
        (Ask, "tar cf a.tar f --checkpoint=1 --checkpoint-action=exec='rm x'"),
        (Ask, "vim -es -c '!rm x'"),
        (Ask, "perl -e 'unlink \"x\"'"),
        (Ask, "perl -e 'system \"rm x\"'"),
        (Ask, "python3 -c 'import os; os.system(\"rm x\")'"),
        (Ask, "node -e 'x'"),
        (Ask, "awk 'BEGIN { system(\"rm x\") }'"),
        (Ask, "awk 'BEGIN { print | \"rm x\" }'"),
        (Ask, "sed -n '1e rm x' f"),
        (Ask, "sed 's/a/rm x/e' f"),
        (Ask, "make -f - CC='rm x;'"),
        (Ask, "x=' -exec rm y ;'; find . -name z$x"),
        (Ask, "make SHELL=rm x"),
        (Ask, "make -f - <<< 'a:; rm x'"),
        (Ask, "make --file=/dev/stdin"),
        (Ask, "make CC=rm x"),
        (Ask, "python3 <<< 'import os'"),
        (Ask, "sed -f script f"),
        (Ask, "tar cIf 'rm x' a.tar f"),
        (Allow, "make -C sub DEBUG=1 V=1"),
        (Allow, "perl script.pl; python3 script.py; python3 -m pytest -q"),
        (Allow, "awk '$1 > 2 || $2 { print $1 }' f; sed -i s/a/b/ f"),
        (Allow, "curl -o out example.org; sort -o b a; find . -delete"),
        (Allow, "cargo test --manifest-path sub/Cargo.toml"),
    ]);
    let later = vec![rule("bash", "git push*", Deny), rule("bash", "git *", Allow)];
    let later = Policy { rules: later, ..Policy::default() };
    check(&later, &[(Ask, "git \"$x\" origin"), (Ask, "git log \"$x\""), (Allow, "git log -3")]);
    // Without such rules there is nothing to look for.
    let full = Policy { mode: Mode::Full, ..Policy::default() };
    check(&full, &[(Allow, "perl -e x"), (Allow, "eval $x"), (Allow, "read 'a[$(rm x)]'")]);
}

#[test]
fn space_around_a_refused_command_makes_no_difference() {
    let rules = vec![rule("bash", " git push* ", Deny)];
    let policy = Policy { mode: Mode::Full, rules, ..Policy::default() };
    check(&policy, &[(Deny, "git push origin"), (Deny, "git push 'origin")]);
}

#[test]
fn a_program_that_nobody_knows_may_start_what_it_is_given() {
    check_all(&[
        (Ask, "rbash -c 'rm x'"),
        (Ask, "/lib64/ld-linux-x86-64.so.2 /usr/bin/rm x"),
        (Ask, "systemd-cat rm x"),
        (Ask, "cpulimit -l 10 -- rm x"),
        (Ask, "cross-env A=b npm publish"),
        (Ask, &format!("unknown {}rm x", "a ".repeat(200))),
        (Allow, "unknown rmx"),
        (Allow, "cargo test -- --nocapture"),
        (Allow, "echo rm x"),
        (Allow, "grep 'rm ' x"),
        (Allow, "git commit -m 'rm x'"),
    ]);
}
