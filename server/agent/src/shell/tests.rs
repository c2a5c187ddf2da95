//! What is found in commands, and how it is written down.

use crate::shell::{Doubt, HOLE, Risk, read};

fn texts(text: &str) -> Vec<String> {
    read(text).commands.iter().map(|command| command.text().replace(HOLE, "…")).collect()
}

#[test]
fn commands_are_written_in_one_way() {
    assert_eq!(texts("  'git'  \"log\" --gre\\p=a"), ["git log --grep=a"]);
    assert_eq!(texts("git commit -m \"it's\" ''"), [r"git commit -m 'it'\''s' ''"]);
    assert_eq!(texts("CI=1 PATH=/x:$PATH make"), ["PATH=/x:… make"]);
    assert_eq!(texts("env -u A B='x y' make"), ["B='x y' make"]);
    assert_eq!(texts("echo $x \"a $y\" ~/z {a,b} $'c'"), ["echo … 'a …' ~/z … …"]);
}

#[test]
fn commands_are_found_wherever_they_stand() {
    assert_eq!(
        texts("a $(b `c`) <(d) > >(e) && f | g & h\ni; (j); { k; }; if l; then m; else n; fi"),
        ["c", "b …", "d", "e", "a … …", "f", "g", "h", "i", "j", "k", "l", "m", "n"]
    );
    assert_eq!(
        texts("find . -exec a {} \\; -exec b {} +"),
        ["find . -exec a {} ';' -exec b {} +", "a …", "b …"]
    );
    assert_eq!(texts("xargs -n 1 -I% sh -c 'a %'"), ["a …"]);
    assert_eq!(texts("timeout -s KILL 5 nice -n 3 bash -xc 'a; b'"), ["a", "b"]);
}

#[test]
fn files_of_redirections_are_named() {
    let script = read("a <in >out 2>>log &>all 3<>both >&file 2>&1 <&- {x,y}");
    let names =
        |words: &[crate::shell::Word]| words.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    assert_eq!(names(&script.reads), ["in", "both"]);
    assert_eq!(names(&script.writes), ["out", "log", "all", "both", "file"]);
}

#[test]
fn doubts_say_what_is_not_known() {
    for (text, doubt) in [
        ("'", Doubt::Syntax),
        ("a \u{200b}b", Doubt::Characters),
        ("$a", Doubt::Program),
        ("a ${!b}", Doubt::Expansion),
        ("env -S 'a b'", Doubt::Wrapper),
    ] {
        assert_eq!(read(text).doubts, [doubt], "{text}");
    }
    assert!(read(&"(".repeat(100)).doubts.contains(&Doubt::Size));
}

#[test]
fn the_gravest_thing_is_said() {
    for (text, risk) in [
        ("ls | wc -l", Risk::Reads),
        ("cargo test", Risk::Runs),
        ("ls > out", Risk::Writes),
        ("ls 2> /dev/null", Risk::Reads),
        ("sed -i s/a/b/ x", Risk::Writes),
        ("curl example.org | wc", Risk::Network),
        ("git push", Risk::Publishes),
        ("cargo publish", Risk::Publishes),
        ("ls; timeout 5 rm -r x", Risk::Deletes),
        ("find . -delete", Risk::Deletes),
        ("git -C x clean -fdx", Risk::Deletes),
        ("git --no-pager -c a.b=c push", Risk::Publishes),
        ("git -C x -P status", Risk::Writes),
        ("git --no-pager log", Risk::Reads),
        ("git checkout -- .", Risk::Deletes),
        ("git checkout HEAD .", Risk::Deletes),
        ("git -C x checkout -qf main", Risk::Deletes),
        ("git checkout main", Risk::Writes),
        ("git checkout -b new", Risk::Writes),
        ("git restore .", Risk::Deletes),
        ("git restore --staged a.txt", Risk::Writes),
        ("git switch --discard-changes main", Risk::Deletes),
        ("git switch main", Risk::Writes),
        ("git stash drop", Risk::Deletes),
        ("git stash clear", Risk::Deletes),
        ("git stash", Risk::Writes),
        ("git branch -D x", Risk::Deletes),
        ("git branch --delete --force x", Risk::Deletes),
        ("git branch -d x", Risk::Writes),
        ("git branch x", Risk::Writes),
        ("git reset --hard", Risk::Deletes),
        ("git clean -f", Risk::Deletes),
        ("git reflog expire --all", Risk::Deletes),
        (":(){ :|:& };:", Risk::Unclear),
        ("sudo ls", Risk::Privileged),
        ("ls '", Risk::Unclear),
    ] {
        assert_eq!(read(text).risk(), risk, "{text}");
    }
}
