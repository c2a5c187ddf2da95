//! The rule for accounts of one person or company.

use expect_test::expect;

use crate::tests::report::{check, check_fix, check_silent, findings};

fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

#[track_caller]
fn found(account: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [account], "{body}");
}

#[test]
fn an_account_is_one_finding_with_all_places() {
    check(
        &skill(
            "1. 📬 Größe prüfen, dann an mira.lund@nordtal.io senden.\n2. Or `mail mira.lund@nordtal.io`.\n3. `clip --workspace nordtal-lab push` publishes to nordtal-lab.",
        ),
        &expect![[r#"
            6 | 1. 📬 Größe prüfen, dann an mira.lund@nordtal.io senden.
              |                            ^^^^^^^^^^^^^^^^^^^^ warning portability/account: `mira.lund@nordtal.io` is one person's address: whoever follows this writes to them or works in their name
              = 7:13 `mira.lund@nordtal.io` is also here
              = fix (Safe): Write `<email>` instead
            8 | 3. `clip --workspace nordtal-lab push` publishes to nordtal-lab.
              |                      ^^^^^^^^^^^ warning portability/account: `nordtal-lab` is the workspace of one person or company: nobody else has it
              = 8:53 `nordtal-lab` is also here
              = fix (Safe): Write `<workspace>` instead
        "#]],
    );
    check(
        &skill("- **Username**: `lund7mira`"),
        &expect![[r#"
            6 | - **Username**: `lund7mira`
              |                  ^^^^^^^^^ warning portability/account: `lund7mira` is one person's account: nobody else can sign in with it
              = fix (Safe): Write `<user-name>` instead
        "#]],
    );
}

#[test]
fn addresses_of_people_are_found() {
    found("mira@nordtal.io", "Run `mail --account mira@nordtal.io --to lead@company.com`.");
    found("mira@nordtal.io", "- **GET** `/api/lease?email=mira@nordtal.io&ttl=5m`");
    found("lund74_x8@kindle.com", "Default address (Mira): `lund74_x8@kindle.com`");
    found("mira@nordtal.co.uk", "4. Tell the owner, mira@nordtal.co.uk, that it is done.");
    found("mira.lund@nordtal.io", "2. Contact mira.lund@nordtal.io with the subject \"Support\".");
    found("mira@nordtal.io", "Open [a mail](mailto:mira@nordtal.io).");
    found("mira@nordtal.io", "```python\nsend(to=\"mira@nordtal.io\")\n```");
}

#[test]
fn the_fix_puts_placeholders_in() {
    check_fix(
        &skill(
            "Write to mira@nordtal.io.\r\nRun `mail mira@nordtal.io`, `clip --workspace nordtal-lab`.",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Write to `<email>`.
            Run `mail <email>`, `clip --workspace <workspace>`.
        "#]],
    );
}

#[test]
fn mailboxes_of_roles_and_examples_are_silent() {
    silent(
        "Send to support@nordtal.io, noreply@nordtal.io, ops-team@nordtal.io, nordtal@nordtal.io.",
    );
    silent("Send to you@nordtal.io, your-name@nordtal.io, a@b.com, alice@nordtal.io, x@y.z.");
    silent(
        "Send to mira@example.com, mira@company.com, mira@acme.org, mira@host.local, mira@newco.io.",
    );
    silent("Send to mira@gmail.com, john.smith@gmail.com, bot@proj.iam.gserviceaccount.com.");
}

#[test]
fn contacts_and_sample_data_are_silent() {
    check_silent(
        "---\nname: count-rows\ndescription: Counts rows. Use for rows.\nmetadata:\n  author: Mira <mira@nordtal.io>\n---\n",
    );
    silent("Author: Mira Lund <mira@nordtal.io>");
    silent("## Contact\n\nWrite to mira@nordtal.io.");
    silent("Questions? mira@nordtal.io");
    silent("- **Email:** mira@nordtal.io");
    silent("```json\n{\"email\": \"mira@nordtal.io\"}\n```");
    silent("Enter an address, for example mira@nordtal.io.");
    silent("Never hard-code mira@nordtal.io.");
}

#[test]
fn what_only_looks_like_an_address_is_silent() {
    silent("`postgres://user:pass@ep-1.aws.neon.tech/db`, `git@github.com:x/y.git`");
    silent("`npm install left@pad.js/x`, `@scope/name`, `actions/checkout@v4`, `image@sha256:0a`");
    silent("`ssh://mira@forge.nordtal.io/x`, `155512345@s.whatsapp.net`");
}

#[test]
fn workspaces_of_projects_are_silent() {
    silent("`npm run build --workspace nordtal-lab`, `x --workspace packages/nordtal-lab`");
    silent("`x --workspace my-workspace`, `x --account prod-main`, `x --account 1234-5678`");
    silent("`x --workspace $WORKSPACE`, `x --tenant <tenant>`, `x --account test-account`");
    silent("- **Username**: `admin1`\n- **Username**: `your_name`\n- **Username**: `postgres`");
}

#[test]
fn projects_and_entities_of_one_company_are_found() {
    found("nordtal-lab-417", "Run `gcloud config set project nordtal-lab-417`.");
    found("nordtal-eval", "```sh\nwandb sync --entity nordtal-eval x\n```");
    silent("`gcloud config set project my-project-123`, `gcloud config set project $PROJECT`");
    silent("`gcloud config set project <project>`, `wandb sync --entity your-team x`");
}
