//! The rule for personal paths: what it finds, what it leaves alone, what it writes instead.

use expect_test::expect;

use crate::{
    Safety,
    tests::report::{check, check_fix, check_silent, check_unsafe_fix, findings, fixed},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the home in the body, and nothing else, is found.
#[track_caller]
fn found(home: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [home], "{body}");
}

#[test]
fn the_home_alone_is_marked() {
    check(
        &skill("Run `python3 /home/mira/tools/count.py data.csv`."),
        &expect![[r#"
        6 | Run `python3 /home/mira/tools/count.py data.csv`.
          |              ^^^^^^^^^^ warning portability/user-path: `/home/mira` is one person's folder; nobody else has it
          = fix (Safe): Write `~` instead
    "#]],
    );
    check(
        &skill("Größe 🦀: look into C:\\Users\\mira\\data first."),
        &expect![[r#"
        6 | Größe 🦀: look into C:\Users\mira\data first.
          |                    ^^^^^^^^^^^^^ warning portability/user-path: `C:\Users\mira` is one person's folder; nobody else has it
          = fix (Unsafe): Write `C:\Users\<user>` instead
    "#]],
    );
    check(
        &skill("Run `cat /root/clawd/skills/count/x.txt`."),
        &expect![[r#"
            6 | Run `cat /root/clawd/skills/count/x.txt`.
              |          ^^^^^ warning portability/user-path: `/root/clawd/skills/count/x.txt` is a path on somebody's machine; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn one_home_is_one_finding_with_all_places() {
    check(
        &skill("Run `ls /home/mira/a`, then `ls /home/mira/b`.\n\nOr `ls /Users/mira/c`."),
        &expect![[r#"
            6 | Run `ls /home/mira/a`, then `ls /home/mira/b`.
              |         ^^^^^^^^^^ warning portability/user-path: `/home/mira` is one person's folder; nobody else has it
              = 6:33 `/home/mira` is also here
              = fix (Safe): Write `~` instead
            8 | Or `ls /Users/mira/c`.
              |        ^^^^^^^^^^^ warning portability/user-path: `/Users/mira` is one person's folder; nobody else has it
              = fix (Safe): Write `~` instead
        "#]],
    );
}

#[test]
fn every_way_to_write_a_home_is_found() {
    found("/home/mira", "`/home/mira`");
    found("/home/mira.k-2", "cd /home/mira.k-2/data");
    found("/Users/alice", "Open /Users/alice.");
    found("/Users/admin", "/Users/admin/Desktop/x.svg");
    found("D:\\Users\\mira", "D:\\Users\\mira\\x");
    found("C:\\\\Users\\\\mira", "```json\n{\"p\": \"C:\\\\Users\\\\mira\\\\x\"}\n```");
    found("C:/Users/mira", "`C:/Users/mira/x`");
    found("c:\\users\\mira", "`c:\\users\\mira\\x`");
    found("/mnt/c/Users/mira", "`/mnt/c/Users/mira/x`");
    found("/home/mira", "file:///home/mira/x");
    found("/home/mira", "`scp gpu:/home/mira/x .`");
    found(
        "/home/mira",
        "```sh\nexport PATH=\"$PATH:/home/mira/bin\"\ngcc -I/home/mira/include x.c\n```",
    );
    found("/home/jürgen", "`/home/jürgen/x`");
    found("/var/home/mira", "`/var/home/mira/x`");
    found("/nfs/homes/mira", "```sh\nsbatch /nfs/homes/mira/a.sbatch\n```");
    found("/Users/Mira Kern", "Results go to \"/Users/Mira Kern/Results\".");
    found("C:\\Users\\Mira Kern", "`C:\\Users\\Mira Kern\\x`");
    found("/Users/mira", "`/Users/mira and /Users/shared`");
    found("~mira", "```sh\ncat ~mira/x.txt\n```");
    found("~mira", "Run `ls ~mira/data`.");
}

#[test]
fn a_tilde_in_front_of_a_word_is_mostly_no_home() {
    for body in [
        "Import `~components/button`.",
        "```js\nimport x from '~lib/x';\nload( ~lib/x )\n```",
        "```sh\ncd ~/x ~user/x ~postgres/x ~git/x\ngit log HEAD~2/x\n```",
        "It takes ~ten/twelve minutes; ~~gone/away~~.",
        "```sh\ncurl https://example.org/~mira/x\n```",
    ] {
        silent(body);
    }
}

#[test]
fn homes_in_the_frontmatter_are_found() {
    check(
        "---\nname: count-rows\ndescription: Counts rows in /home/mira/data.\n---\n",
        &expect![[r#"
            3 | description: Counts rows in /home/mira/data.
              |                             ^^^^^^^^^^ warning portability/user-path: `/home/mira` is one person's folder; nobody else has it
              = fix (Unsafe): Write `/home/<user>` instead
        "#]],
    );
}

#[test]
fn folders_of_no_person_are_silent() {
    silent("`/tmp/x`, `/var/lib/x`, `/usr/bin/x`, `/etc/x`, `/dev/null`, `/opt/x`");
    silent("`~/x`, `$HOME/x`, `${HOME}/home/mira`, `~/home/mira`, `%USERPROFILE%\\x`");
    silent("`C:\\Users\\Public\\x`, `/Users/Shared/x`, `/home/linuxbrew/.linuxbrew/bin`");
    silent("`/home/<user>/x`, `/home/{{user}}/x`, `/home/$USER/x`, `/home/*/x`, `/Users/[name]/x`");
}

#[test]
fn placeholders_are_silent() {
    for name in [
        "user",
        "username",
        "yourname",
        "your-name",
        "YOUR_USER",
        "you",
        "me",
        "myuser",
        "myuserName",
        "youruser",
        "USERNAME",
        "someuser",
        "xxx",
        "name",
        "example",
    ] {
        silent(&format!("`/home/{name}/x`, `/Users/{name}/x`, `C:\\Users\\{name}\\x`"));
    }
}

#[test]
fn first_names_are_people() {
    for name in ["david", "alice", "john", "bob", "jane", "pat"] {
        found(&format!("/home/{name}"), &format!("`/home/{name}/x`"));
    }
}

#[test]
fn routes_and_addresses_are_silent() {
    silent("`GET /users/42`, `/users/ana/posts`, <https://example.org/home/mira/x>");
    silent("`app/home/mira.tsx`, `/home/index.html`, `/home/about`, `GET /home/mira`");
    silent("`<dir>/home/mira/x`, `${DIR}/home/mira/x`, `$DIR/home/mira/x`");
    silent("The XPath `/root/item/name` selects the names.");
    silent("`</root>`, `/root`, `$.data/root/x`, `/rooted/x`");
}

#[test]
fn homes_inside_containers_are_silent() {
    silent("```dockerfile\nFROM node\n# COPY . /home/mira/app\nWORKDIR /home/mira/app\n```");
    silent(
        "```yaml\nservices:\n  app:\n    image: x\n    volumes:\n      - data:/home/mira/x\n```",
    );
    silent("```json\n{\"remoteUser\": \"mira\", \"workspaceFolder\": \"/home/mira/x\"}\n```");
    silent("`docker run -v ~/.n8n:/home/mira/.n8n x`");
    silent("`--mount=type=cache,target=/root/.cache`");
    silent("`docker exec app cat /home/mira/x`");
    silent("The folder (`/home/mira/deps`) is container-local.");
}

#[test]
fn users_of_images_are_silent_where_the_image_is_shown() {
    silent("On an EC2 instance: `ls /home/ubuntu/data`");
    silent("In the container, run `cd /root/harvest`.");
    silent("The GitHub Actions runner has `/home/runner/work`.");
    found("/home/ubuntu", "Run `ls /home/ubuntu/data`.");
    found("/root", "Run `ls /root/tables`.");
}

#[test]
fn somebodys_own_layout_is_found_whoever_the_user_is() {
    found("/root", "Docker helps. `cd /root/.openclaw/workspace`");
    found("/home/ubuntu", "On EC2: `/home/ubuntu/skills/count/x.md`");
    found("/home/user", "`cd /home/user/clawd/skills/count`");
    found("/root", "`/root/.claude/settings.json`");
    silent("`/root/.ssh/config`, `/root/.bashrc`");
}

#[test]
fn advice_against_such_paths_is_silent() {
    silent("Never include user-specific paths like `/home/mira/x`.");
    silent("Do not hard-code `/home/mira/x` anywhere.");
    silent("Use `~/x` instead of `/home/mira/x`.");
    silent("- ❌ `/home/mira/x`\n- ✅ `~/x`");
    silent("```python\n# Bad: absolute path\nopen(\"/home/mira/x\")\n```");
    silent("```python\nopen(\"/home/mira/x\")  # wrong on other machines\n```");
    silent("Don't:\n\n```sh\ncat /home/mira/x\n```");
    silent("## Pitfalls\n\n- `/home/mira/x` is gone after a restart.");
}

#[test]
fn a_warning_about_something_else_does_not_hide_a_path() {
    found("/home/mira", "Never run `/home/mira/x` twice.");
    found("/home/mira", "Do not panic. Open `/home/mira/x`.");
    found("/home/mira", "## Pitfalls\n\n- none\n\n## Steps\n\nOpen `/home/mira/x`.");
}

#[test]
fn shells_get_what_they_resolve() {
    check_fix(
        &skill(
            "Run `ls /home/mira/x`.\n\n```sh\ncd /home/mira/x\nX=/home/mira/y\ncat \"/home/mira/z\" >/home/mira/out\n```",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Run `ls ~/x`.

            ```sh
            cd ~/x
            X=~/y
            cat "$HOME/z" >~/out
            ```
        "#]],
    );
    check_fix(
        &skill("```\n$ cat /root/clawd/x\n```"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        ```
        $ cat ~/clawd/x
        ```
    "#]],
    );
    check_fix(
        &skill("```powershell\ncd C:\\Users\\mira\\x\n```"),
        &expect![[r#"
        ---
        name: count-rows
        description: Counts rows. Use for rows.
        ---

        ```powershell
        cd $env:USERPROFILE\x
        ```
    "#]],
    );
}

#[test]
fn what_does_not_resolve_a_tilde_gets_a_placeholder_after_a_look() {
    for body in [
        "Open /home/mira/x.",
        "```json\n{\"path\": \"/home/mira/x\"}\n```",
        "```sh\ncurl -d '{\"p\": \"/home/mira/x\"}' host\n```",
        "```sh\ncat > x <<EOF\n/home/mira/x\nEOF\n```",
        "```sh\ntool --dir=/home/mira/x\n```",
        "```sh\ntool '\n/home/mira/x\n'\n```",
        "```sh\ntool {\n  \"path\": \"/home/mira/x\"\n}\n```",
        "```sh\nssh host 'ls' /home/mira/x\n```",
    ] {
        let text = skill(body);
        assert_eq!(fixed(&text, Safety::Safe), text);
        assert_ne!(fixed(&text, Safety::Unsafe), text);
    }
}

#[test]
fn unsafe_fixes_leave_no_finding() {
    check_unsafe_fix(
        &skill(
            "Open /home/mira/x.\n\n```json\n{\"path\": \"/Users/mira/x\"}\n```\n\nOr D:\\Users\\mira\\x, or `\"/root/clawd/x\"`.",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Open ~/x.

            ```json
            {"path": "/Users/<user>/x"}
            ```

            Or D:\Users\<user>\x, or `"<home>/clawd/x"`.
        "#]],
    );
}
