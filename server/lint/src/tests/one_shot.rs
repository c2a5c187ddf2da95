//! The rule for what only one run or one workspace had.

use expect_test::expect;

use crate::tests::report::{check, check_silent, check_unsafe_fix, findings};

fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

#[track_caller]
fn found(value: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [value], "{body}");
}

const ID: &str = "8d41f3a6-27be-4c09-9e15-b0c7629fd384";

#[test]
fn the_value_alone_is_marked() {
    check(
        &skill("1. 🦀 Größe: it was PID 48213, so\r\n   `kill -9 48213`."),
        &expect![[r#"
            6 | 1. 🦀 Größe: it was PID 48213, so
              |                        ^^^^^ warning portability/one-shot-artifact: `48213` was the number of one process or job: by now it is another one or none
              = 7:13 `48213` is also here
              = fix (Unsafe): Write `<pid>` instead
            6 | 1. 🦀 Größe: it was PID 48213, so
              |                                 ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
    check(
        &skill(&format!("The page ID is: `{ID}`")),
        &expect![[r#"
        6 | The page ID is: `8d41f3a6-27be-4c09-9e15-b0c7629fd384`
          |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning portability/one-shot-artifact: `8d41f3a6-27be-4c09-9e15-b0c7629fd384` is the id of something that only its author has
          = fix (Unsafe): Write `<id>` instead
    "#]],
    );
}

#[test]
fn ids_of_somebodys_workspace_are_found() {
    found(ID, &format!("- Database: \"Notes\" (data source ID: `{ID}`)"));
    found(
        ID,
        &format!("```json\n{{\"url\": \"http://bore.pub:44876/api/project/{ID}/sse\"}}\n```"),
    );
    found(ID, &format!("The file is `baseline-{ID}.json`."));
    found(ID, &format!("```sh\nclip push --workspace-id {ID}\n```"));
    found("671423603690045441", "- **User ID**: `671423603690045441`");
    found("C07QKXM2R9B", "Post to the channel ID C07QKXM2R9B.");
}

#[test]
fn what_one_run_left_is_found() {
    found("51877", "```bash\nkill -TERM 51877\n```");
    found("4812739", "Stop it: `scancel 4812739`.");
    found("/tmp/tmp.k3Jx92QaZb", "```sh\npython x.py --out /tmp/tmp.k3Jx92QaZb/eval\n```");
    found(
        "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T",
        "Look in /var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T",
    );
    found("/tmp/pytest-of-mira/pytest-17", "`tail /tmp/pytest-of-mira/pytest-17/test_x0/log`");
    found("run-20250602-081544", "4. ✅ Fertig? Dann run-20250602-081544 abhaken.");
    found("2025-06-14T22:15:03Z", "4. Compare with what the run of 2025-06-14T22:15:03Z printed.");
}

#[test]
fn the_fix_is_a_placeholder() {
    check_unsafe_fix(
        &skill("Run `kill 51877`, open run-20250602-081544,\r\nread `/tmp/tmp.k3Jx92QaZb/x`."),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Run `kill <pid>`, open `<run>`,
            read `<temporary-folder>/x`.
        "#]],
    );
}

#[test]
fn samples_are_silent() {
    for id in [
        "550e8400-e29b-41d4-a716-446655440000",
        "12345678-1234-1234-1234-123456789abc",
        "00000000-0000-0000-0000-000000000000",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    ] {
        silent(&format!("The page ID is `{id}`."));
    }
    silent("`--pid 1234`, PID 12345, `kill -9 99999`, `kill %1`, PID 1, `kill $PID`, `kill <pid>`");
    silent("`/tmp/tmp.XXXXXXXXXX`, `/tmp/template`, `/tmp/screenshot.png`, `/tmp/count_rows2`");
    silent("Say \"update the model of run-20250602-081544 now\".");
    silent(&format!("Give the page ID, e.g. `{ID}`."));
}

#[test]
fn output_records_and_catalogs_are_silent() {
    silent(&format!("```json\n{{\"session_id\": \"{ID}\"}}\n```"));
    silent(&format!("```\nSession ID: {ID}\n```"));
    silent(&format!("| oliver | `{ID}` | British |\n|---|---|---|"));
    silent(&format!("- **voice_id**: defaults to `{ID}`."));
    silent(&format!("`az rest --resource {ID}`"));
    silent("Released on 2025-06-14T22:15:03Z. The run of 2025-06-14T00:00:00Z.");
    silent("The build of 2025-06-14, `log-20250614.txt`, `20250602-081544`");
}

#[test]
fn what_commands_take_of_one_container_run_or_resource_is_found() {
    found("f3a91c7e2b4d", "```sh\ndocker logs -f f3a91c7e2b4d\n```");
    found("9182736455", "Read `gh run view 9182736455 --log`.");
    found(
        "i-0c93e7a51d2f86b04",
        "```sh\naws ec2 stop-instances --instance-ids i-0c93e7a51d2f86b04\n```",
    );
    found(ID, &format!("1. Take the job `{ID}` as the base."));
    found("2025-06-14T22:15:03Z", "The checkpoint of 2025-06-14T22:15:03Z is the good one.");
}

#[test]
fn what_commands_take_of_everybody_is_silent() {
    silent("`docker logs web`, `docker exec -it deadbeefcafe sh`, `docker stop <container>`");
    silent("`gh run view <run-id>`, `gh run view 1234567890`, `gh pr view 123`");
    silent("`aws ec2 run-instances --image-id ami-0c93e7a51d2f86b04`");
    silent("`aws ec2 stop-instances --instance-ids i-0a1b2c3d4e5f67890`");
    silent("`aws ec2 stop-instances --instance-ids i-0123456789abcdef0`");
    silent("```json\n{\"InstanceId\": \"i-0c93e7a51d2f86b04\"}\n```");
}
