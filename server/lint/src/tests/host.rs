//! The rules for hosts and accounts: what they find, what they leave alone.

use expect_test::expect;

use crate::{
    Severity,
    tests::report::{check, check_fix, check_silent, findings},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that this, and nothing else, is found by the rule with this code.
#[track_caller]
fn found(code: &str, expected: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let found: Vec<_> = findings.iter().map(|it| (it.rule.code, it.span.of(&text))).collect();
    assert_eq!(found, [(code, expected)], "{body}");
}

#[track_caller]
fn host(expected: &str, body: &str) {
    found("portability/host", expected, body);
}

#[track_caller]
fn account(expected: &str, body: &str) {
    found("portability/user-at-host", expected, body);
}

#[test]
fn the_host_alone_is_marked_once_for_all_places() {
    check(
        &skill(
            "🎬 Größe: `curl http://keller-03:8080/x`\r\n\r\n```sh\r\nping keller-03\r\n```\r\n\r\nThen look at keller-03.",
        ),
        &expect![[r#"
            1 | ---
              |    ^ warning text/encoding: The file mixes line ends: this one is LF, and most are CRLF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end CRLF
            6 | 🎬 Größe: `curl http://keller-03:8080/x`
              |                       ^^^^^^^^^ warning portability/host: `keller-03` is a machine in somebody's network; nobody else has one of this name. Write `<host>`, and say where the reader finds it
              = 9:6 `keller-03` is also here
              = 12:14 `keller-03` is also here
              = fix (Safe): Write `<host>` instead
        "#]],
    );
}

#[test]
fn the_account_alone_is_marked_once_for_all_places() {
    check(
        &skill(
            "🎬 Größe: `scp x mira@renderbox:y`\r\n\r\n```sh\r\nrsync -az -e \"ssh -p 22\" mira@renderbox:x/ y/\r\n```",
        ),
        &expect![[r#"
            6 | 🎬 Größe: `scp x mira@renderbox:y`
              |                 ^^^^^^^^^^^^^^ warning portability/user-at-host: `mira@renderbox` is an account on one machine; nobody else logs in there. Write `<user>@<host>`, and say where the reader finds both
              = 9:26 `mira@renderbox` is also here
              = fix (Safe): Write `<user>@<host>` instead
            6 | 🎬 Größe: `scp x mira@renderbox:y`
              |                                  ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
}

#[test]
fn commands_that_take_a_host_are_understood() {
    host("renderbox", "`ssh renderbox`, `ssh -p 2222 -i ~/.ssh/k renderbox uptime`");
    host("renderbox", "```sh\nscp -P 22 a.csv renderbox:data/\nsudo rsync -a renderbox:x y\n```");
    host("renderbox", "`ssh -J renderbox db`");
    host("renderbox", "`ssh user@renderbox`");
    host("renderbox", "`mosh renderbox`, `ping -c 4 renderbox`, `ssh-copy-id renderbox`");
    host("keller.lan", "`psql -h keller.lan -U x`, `redis-cli --host keller.lan`");
    host("keller.lan", "`nc -z keller.lan 5432`, `curl -s keller.lan:80/x`");
    host("keller-03", "`mysql -h keller-03 -u x`, `tool --host keller-03 load`");
}

#[test]
fn urls_settings_and_sentences_are_understood() {
    host("keller-03", "`curl -X PUT \"http://keller-03:8080/x\"`");
    host("mira-mini.local", "`curl http://mira-mini.local:8123/api`");
    host("keller-03", "```yaml\nhost: keller-03\n```");
    host("keller-03", "`TABLES_HOST=keller-03`");
    host("tables.corp", "The host is tables.corp, ask it.");
    host("tables-02.intra", "Load it into the index on tables-02.intra.");
    host("tables.corp", "`postgres://user:x@tables.corp:5432/rows`");
    host("mini.tail41b7.ts.net", "`https://mini.tail41b7.ts.net/x`");
}

#[test]
fn accounts_are_understood() {
    account("mira@renderbox", "`ssh mira@renderbox`, `sftp -P 22 mira@renderbox`");
    account(
        "deploy@docs-stage",
        "```bash\nrsync -az --delete public/ deploy@docs-stage:/srv/x/\n```",
    );
    account("root@keller-03", "`ssh -p 2222 root@keller-03 uptime`");
    account("mira@box.brightmoor.io", "`ssh mira@box.brightmoor.io`");
    account("mira@keller-03", "`ssh://mira@keller-03:22/x`");
    account("mira@gpu-keller", "Log in to mira@gpu-keller and look.");
    account("mira@keller-03", "`git clone mira@keller-03:rows.git`");
}

#[test]
fn an_account_hides_no_other_place_of_its_host() {
    let text = skill("`scp x mira@keller-03:y`, `curl http://keller-03:80`");
    let findings = findings(&text, None);
    let found: Vec<_> = findings.iter().map(|it| (it.rule.code, it.span.of(&text))).collect();
    assert_eq!(
        found,
        [("portability/user-at-host", "mira@keller-03"), ("portability/host", "keller-03")]
    );
}

#[test]
fn a_person_on_a_machine_that_is_called_by_its_role_is_found() {
    account("mira@gpu-box", "`ssh mira@gpu-box`");
    account("mira@build-server", "```sh\nrsync -a out/ mira@build-server:/srv/\n```");
    account("mira@gpu-box", "Log in to mira@gpu-box and look.");
    silent("`ssh gpu-box`, `ssh deploy@prod-server`, `ssh root@db-host`, `ssh ec2-user@gpu-box`");
    silent("`ssh mira@server`, `ssh user@gpu-box`, `ssh mira@my-server`, `ssh $USER@gpu-box`");
    silent("`curl http://gpu-box:8000`, `http://mira:x@prod-db/rows`, `psql -h prod-db`");
}

#[test]
fn placeholders_and_roles_are_silent() {
    silent("`ssh server`, `ssh your-server`, `ssh $HOST`, `ssh <host>`, `ssh {host}`, `ssh HOST`");
    silent("`ssh user@server`, `ssh <user>@<host>`, `ssh $USER@$HOST`, `ssh mira@<host>`");
    silent("`scp x backup:/y`, `curl http://proxy:3128`, `redis://cache:6379`, `http://test/x`");
    silent("`psql -h db`, `curl http://gpu-server.local:8000`, `http://nas.local`, `ping router`");
    silent("`http://localhost:80`, `http://host.docker.internal:80`, `ssh example.com`");
    silent(
        "`http://vault.internal`, `http://metadata.google.internal/x`, `db.x.svc.cluster.local`",
    );
    silent("`http://homeassistant.local:8123`, `http://octopi.local`, `ssh deploy@example.com`");
}

#[test]
fn forges_providers_and_services_are_silent() {
    silent("`ssh -T git@github.com`, `git clone git@forge.lan:a/b.git`, `ssh exe.dev`");
    silent("`fly ssh console -a x`, `gcloud compute ssh atlas`, `vagrant ssh atlas`");
    silent("`limactl shell atlas`, `docker-machine ssh atlas`, `tailscale ssh mira@atlas`");
}

#[test]
fn machines_that_the_skill_makes_or_is_about_are_silent() {
    silent("```sh\nsky launch -c atlas x.yaml\nssh atlas\n```");
    silent("`multipass launch --name atlas-2`, `ping atlas-2`");
    silent("```\nHost atlas\n  User x\n```\n\n`ssh atlas`");
    let text = skill("`curl http://atlas-1.local`").replace("count-rows", "atlas");
    assert!(findings(&text, None).is_empty());
}

#[test]
fn services_among_containers_are_silent() {
    silent(
        "```yaml\nservices:\n  a:\n    environment:\n      URL: http://tables-1:80\n      host: rows-2\n```",
    );
    silent("```yaml\nkind: VirtualService\nspec:\n  host: reviews-2\n```");
}

#[test]
fn words_files_and_packages_are_silent() {
    silent("Use ssh to connect. Connect via ssh into the machine with ssh keys.");
    silent("```sh\n# ssh into it, then scp the file: done\n```");
    silent(
        "`.env.local`, `chrome.storage.local.get(x)`, `settings.local.json`, `System.getProperty`",
    );
    silent("Log in with `npm i tables@latest`. `plugin@market-place` by ssh plugin. `pass@10`");
    silent("`mira@example.com` gets a mail after login.");
    silent("`C:\\x`, `scp C:/x/y.csv <host>:z`, `server: express-4`, `http://v2/x`, `Host: api`");
}

#[test]
fn what_a_remote_launch_starts_is_left_to_its_rule() {
    let text = skill("`ssh keller-03 'tmux new -d -s x'`, `ssh mira@keller-03 nohup ./x`");
    let codes: Vec<_> = findings(&text, None).iter().map(|it| it.rule.code).collect();
    assert_eq!(codes, ["portability/remote-shell", "portability/remote-shell"]);
}

#[test]
fn advice_against_it_is_silent() {
    silent("Never hard-code `ssh renderbox`.");
    silent("## Pitfalls\n\n- `ssh mira@keller-03` needs a key.");
    silent("```sh\n# Bad: one machine\nssh renderbox uptime\n```");
}

#[test]
fn skills_about_remote_shells_get_hints() {
    let text = skill("`ssh renderbox`, `ssh mira@keller-03`").replace("count-rows", "ssh-basics");
    let severities: Vec<_> = findings(&text, None).iter().map(|it| it.severity).collect();
    assert_eq!(severities, [Severity::Hint, Severity::Hint]);
}

#[test]
fn every_place_gets_a_placeholder_that_is_seen() {
    check_fix(
        &skill(
            "The host is keller.lan, see http://keller.lan/x.\r\n\r\n```sh\r\ncurl 'http://keller.lan:80/'\r\nscp x mira@renderbox:y\r\n```\r\n\r\nLog in to mira@renderbox by ssh.",
        ),
        &expect![[r#"
            ---\r
            name: count-rows\r
            description: Counts rows.\r
            ---\r
            \r
            The host is `<host>`, see http://<host>/x.\r
            \r
            ```sh\r
            curl 'http://<host>:80/'\r
            scp x <user>@<host>:y\r
            ```\r
            \r
            Log in to `<user>@<host>` by ssh.\r
        "#]],
    );
}

#[test]
fn options_with_numbers_do_not_hide_the_machine() {
    account("mira@keller", "```sh\nautossh -M 0 -L 8000:localhost:8000 mira@keller\n```");
    host("keller", "```sh\nautossh -M 20000 keller\n```");
}

#[test]
fn a_role_that_is_counted_far_is_one_machine() {
    host("gpu-node-07", "```sh\nssh gpu-node-07 nvidia-smi\n```");
    account("mira@gpu-node-07", "```sh\nscp a.tar mira@gpu-node-07:/srv\n```");
    silent("```sh\nssh gpu-node-01 nvidia-smi\nssh web-03 uptime\n```");
    silent("Write `http://gpu-node-07:8000/x` into it.");
}

#[test]
fn machines_without_a_scheme_are_found_where_a_command_or_a_share_has_them() {
    host("keller-03", "Run `curl -s keller-03:8000/v1/models`.");
    host("keller-03", "Copy it from `\\\\keller-03\\exports\\x`.");
    account("mira@keller", "```sh\ngit clone mira@keller:tools/x.git\n```");
    silent("The row ends with `\\\\frac12 x`, in `\\\\alpha1`.");
    silent("`curl localhost:8000`, `curl worker-1:8000/x`, `nc -z redis-7 6379`");
    silent("```sh\ngit clone git@keller:tools/x.git\n```");
}
