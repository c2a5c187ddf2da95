//! The action for GitHub, its steps run as a runner does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Map, Value};

use crate::{
    BAD, GOOD,
    tools::{
        PRECEPTOR, command, copy, install_pretended_cargo, printed, root, run, succeed, tool, write,
    },
};

const ACTION: &str = ".github/actions/check/action.yml";

/// A runner with the action and a checkout of a project.
struct Runner {
    folder: tempfile::TempDir,
    action: Value,
    /// What `${{ … }}` stands for.
    values: BTreeMap<String, String>,
}

impl Runner {
    fn new(test: &str) -> Option<Self> {
        let python = tool("bin/python", test)?;
        let folder = tempfile::tempdir().unwrap();
        let parse = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
        let mut parser = command(python, folder.path());
        let action = succeed(parser.args(["-c", parse]).arg(root().join(ACTION)));
        let action: Value = serde_json::from_str(&action).unwrap();
        copy(&[".github/actions/check"], &folder.path().join("action"));
        copy(&["Cargo.toml", "Cargo.lock", "server/preceptor"], &folder.path().join("action"));
        install_pretended_cargo(folder.path());
        write(
            &folder.path().join("project"),
            &[("docs/skills/bad/SKILL.md", BAD), ("docs/skills/good/SKILL.md", GOOD)],
        );
        fs::create_dir(folder.path().join("temp")).unwrap();
        Some(Self { folder, action, values: BTreeMap::new() })
    }

    /// Runs the steps with these inputs until one fails, and returns how the last one ended.
    fn run(&mut self, inputs: &[(&str, &str)]) -> Output {
        self.values.clear();
        for (name, input) in self.action["inputs"].as_object().unwrap() {
            let default = input["default"].as_str().unwrap_or_default().to_owned();
            self.values.insert(format!("inputs.{name}"), default);
        }
        for (name, value) in inputs {
            let old = self.values.insert(format!("inputs.{name}"), (*value).to_owned());
            assert!(old.is_some(), "the action has no input {name}");
        }
        let steps = self.action["runs"]["steps"].as_array().unwrap().clone();
        let mut last = None;
        for step in &steps {
            if !self.is_wanted(step) {
                continue;
            }
            if step["run"].is_null() {
                assert_eq!(step["uses"], "actions/cache@v4");
                let path = self.filled_in(&step["with"]["path"]);
                assert!(path.ends_with("/temp/preceptor"), "{path}");
                assert!(self.filled_in(&step["with"]["key"]).starts_with("preceptor-Linux-X64-"));
                continue;
            }
            let output = self.run_step(step);
            let failed = !output.status.success();
            last = Some(output);
            if failed {
                break;
            }
        }
        last.unwrap()
    }

    fn is_wanted(&self, step: &Value) -> bool {
        match step["if"].as_str() {
            None => true,
            Some("inputs.program == ''") => self.values["inputs.program"].is_empty(),
            Some(condition) => panic!("the runner does not know {condition}"),
        }
    }

    fn run_step(&mut self, step: &Value) -> Output {
        assert_eq!(step["shell"], "bash");
        let folder = self.folder.path();
        let outputs = folder.join("outputs");
        fs::write(&outputs, "").unwrap();
        let place = match &step["working-directory"] {
            Value::Null => ".".to_owned(),
            place => self.filled_in(place),
        };
        let none = Map::new();
        let variables = step["env"].as_object().unwrap_or(&none);
        let output = run(command("bash", folder)
            .current_dir(folder.join("project").join(place))
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(step["run"].as_str().unwrap())
            .env("GITHUB_ACTION_PATH", folder.join("action/.github/actions/check"))
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_WORKSPACE", folder.join("project"))
            .env("RUNNER_TEMP", folder.join("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .envs(variables.iter().map(|(name, value)| (name, self.filled_in(value)))));
        let id = step["id"].as_str().unwrap();
        for line in fs::read_to_string(outputs).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            self.values.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        output
    }

    /// Puts in what expressions stand for; nothing for a step that did not run.
    fn filled_in(&self, text: &Value) -> String {
        let mut parts = text.as_str().unwrap().split("${{ ");
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(" }}").unwrap();
            out.extend([self.values.get(name).map_or("", String::as_str), rest]);
        }
        out
    }

    /// What the action's user sees as its output.
    fn exit_code(&self) -> String {
        self.filled_in(&self.action["outputs"]["exit-code"]["value"])
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }
}

#[test]
fn the_action_keeps_to_the_schema() {
    let Some(validator) = tool("bin/check-jsonschema", "action schema") else { return };
    let mut validate = command(validator, Path::new("."));
    let arguments = ["--builtin-schema", "vendor.github-actions"];
    succeed(validate.args(arguments).arg(root().join(ACTION)));
}

#[test]
fn findings_become_annotations_of_the_checkout() {
    let Some(mut runner) = Runner::new("action") else { return };
    let output = runner.run(&[("working-directory", "docs")]);
    let report = printed(&output);
    assert_eq!((output.status.code(), &*runner.exit_code()), (Some(1), "1"), "{report}");
    assert!(report.contains("::error file=docs/skills/bad/SKILL.md,line=2,col=7"), "{report}");
    let asked = fs::read_to_string(runner.folder.path().join("tools/cargo.log")).unwrap();
    assert!(asked.contains("/action/server/preceptor --root "), "{asked}");

    let clean = runner.run(&[("paths", "docs/skills/good\n\n docs/skills/g*\n")]);
    assert_eq!(
        clean.status.code(),
        Some(2),
        "a path is taken with its spaces: {}",
        printed(&clean)
    );
    let clean = runner.run(&[("paths", "docs/skills/good\r\n\ndocs/skills/g*\n")]);
    assert_eq!((clean.status.code(), &*runner.exit_code()), (Some(0), "0"), "{}", printed(&clean));
    let built = fs::read_to_string(runner.folder.path().join("tools/cargo.log")).unwrap();
    assert_eq!(built.lines().count(), 1, "it is built once");
}

#[test]
fn a_report_can_be_written_to_a_file_by_a_program_that_is_there() {
    let Some(mut runner) = Runner::new("action with a program") else { return };
    let output = runner.run(&[
        ("program", PRECEPTOR),
        ("format", "sarif"),
        ("output", "skills.sarif"),
        ("fail-on", "never"),
    ]);
    assert_eq!((output.status.code(), printed(&output)), (Some(0), String::new()));
    let report = fs::read_to_string(runner.project().join("skills.sarif")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let place = &report["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "docs/skills/bad/SKILL.md");
    assert!(!runner.folder.path().join("tools/cargo.log").exists(), "nothing is built");
}

#[test]
fn what_a_baseline_knows_does_not_fail_the_step() {
    let Some(mut runner) = Runner::new("action with a baseline") else { return };
    let mut write = command(PRECEPTOR, &runner.project());
    succeed(write.args(["check", "--write-baseline", "known.json"]));
    let output = runner.run(&[("baseline", "known.json"), ("program", PRECEPTOR)]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

#[test]
fn names_that_look_like_options_or_commands_are_paths() {
    let Some(mut runner) = Runner::new("action with odd paths") else { return };
    let output = runner.run(&[("paths", "--fix\n$(touch made)\n"), ("program", PRECEPTOR)]);
    assert_eq!((output.status.code(), &*runner.exit_code()), (Some(2), "2"));
    assert!(printed(&output).contains("cannot check --fix: there is no such file"));
    assert!(!runner.project().join("made").exists());
}
