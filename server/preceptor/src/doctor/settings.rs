//! Settings that are valid and still not what somebody meant.

use std::path::{Path, PathBuf};

use agent::ledger::Rate;
use llm::Role;
use runtime::{
    config::{Config, UnknownPrice},
    folders::Folders,
    models, skills,
};

use super::{Check, folder};

/// Looks at what no model server has to be asked about.
pub(super) fn checks(config: &Config, workspace: &Path, folders: Option<&Folders>) -> Vec<Check> {
    let mut checks = keys(config);
    checks.extend(prices(config));
    if let Some(folders) = folders {
        checks.extend(skill_paths(config, workspace, folders));
        let save_dir = skills::save_dir(workspace, &folders.home, &config.skills);
        checks.push(folder("skills", &save_dir));
    }
    checks
}

fn keys(config: &Config) -> Vec<Check> {
    let teacher = config.teacher.endpoint();
    let student = (Role::Student, &config.student);
    let teacher = config.teacher.enabled.then_some((Role::Teacher, &teacher));
    let missing = |(role, endpoint)| {
        let variable = models::missing_key(endpoint)?;
        let table = Role::settings_table(role);
        let sentence = format!(
            "`{table}.api_key_env` names {variable}, which holds no key here, so requests go \
             without one; set the variable where the editor is started."
        );
        Some(Check::note(table, sentence))
    };
    [Some(student), teacher].into_iter().flatten().filter_map(missing).collect()
}

fn prices(config: &Config) -> Vec<Check> {
    let teacher = config.teacher.endpoint();
    let student = (Role::Student, &config.student);
    let teacher = config.teacher.enabled.then_some((Role::Teacher, &teacher));
    let unknown = |(role, endpoint)| {
        let model = models::configured_name(endpoint);
        // Nobody is configured, which is said elsewhere.
        let is_there = !model.is_empty() && !endpoint.base_url.trim().is_empty();
        if !is_there || models::rate(config, endpoint, model) != Rate::Unknown {
            return None;
        }
        let what = match config.budget.unknown_price {
            UnknownPrice::Ask => "you are asked before it is called",
            UnknownPrice::Allow => "its calls are in no budget",
            UnknownPrice::Deny => "it is never called",
        };
        let sentence = format!(
            "Nobody knows what `{model}` costs, so {what}; set its price in \
             `budget.prices.\"{model}\"`."
        );
        Some(Check::note(Role::settings_table(role), sentence))
    };
    [Some(student), teacher].into_iter().flatten().filter_map(unknown).collect()
}

fn skill_paths(config: &Config, workspace: &Path, folders: &Folders) -> Vec<Check> {
    let paths = skills::extra_folders(workspace, &folders.home, &config.skills);
    let missing = paths.iter().filter(|path| !path.is_dir());
    let check = |path: &PathBuf| {
        let shown = path.display();
        let sentence = format!(
            "`skills.paths` names {shown}, and there is no such folder; make it, or take it out."
        );
        Check::note("skills", sentence)
    };
    missing.map(check).collect()
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests {
    use expect_test::{Expect, expect};
    use runtime::{
        config::{Config, Layer},
        folders::Folders,
    };

    use super::checks;
    use crate::doctor::State;

    #[track_caller]
    fn check(settings: &str, expected: &Expect) {
        let dir = tempfile::tempdir().unwrap();
        let layer = Layer::from_toml("config.toml", settings).unwrap();
        let config = Config::merged([&layer]).unwrap();
        let folders = Folders::below(dir.path());
        let found = checks(&config, &dir.path().join("w"), Some(&folders));
        let mut out = String::new();
        for check in found.iter().filter(|check| check.state != State::Well) {
            out.extend([check.what, ": ", &check.sentence, "\n"]);
        }
        expected.assert_eq(&out.replace(&dir.path().display().to_string(), "$DIR"));
    }

    #[test]
    fn a_variable_that_is_named_and_not_set_is_mentioned() {
        check("", &expect![""]);
        check(
            "[student]\napi_key_env = \"PRECEPTOR_TEST_NOT_SET\"\n",
            &expect![[r#"
            student: `student.api_key_env` names PRECEPTOR_TEST_NOT_SET, which holds no key here, so requests go without one; set the variable where the editor is started.
        "#]],
        );
        check("[teacher]\napi_key_env = \"PRECEPTOR_TEST_NOT_SET\"\n", &expect![""]);
    }

    #[test]
    fn a_model_without_a_price_is_mentioned_where_somebody_may_send_a_bill() {
        let teacher = "[teacher]\nenabled = true\nmodel = \"big\"\nbase_url = \"https://api.example.com/v1\"\n";
        check(
            teacher,
            &expect![[r#"
                teacher: Nobody knows what `big` costs, so you are asked before it is called; set its price in `budget.prices."big"`.
            "#]],
        );
        let allowed = "[budget]\nunknown_price = \"allow\"\n";
        check(
            &format!("{teacher}{allowed}"),
            &expect![[r#"
                teacher: Nobody knows what `big` costs, so its calls are in no budget; set its price in `budget.prices."big"`.
            "#]],
        );
        let priced = "[budget.prices.big]\ninput = 3.0\noutput = 15.0\n";
        check(&format!("{teacher}{priced}"), &expect![""]);
    }

    #[test]
    fn folders_for_skills_that_are_not_there_are_mentioned() {
        check(
            "[skills]\npaths = [\"a\", \"~/b\"]\n",
            &expect![[r#"
            skills: `skills.paths` names $DIR/w/a, and there is no such folder; make it, or take it out.
            skills: `skills.paths` names $DIR/home/b, and there is no such folder; make it, or take it out.
        "#]],
        );
        #[cfg(target_os = "linux")]
        check(
            "[skills]\nsave_dir = \"/proc/skills\"\n",
            &expect![[r#"
            skills: /proc/skills cannot be written (entity not found): check its permissions and the free space.
        "#]],
        );
    }
}
