//! Reports in SARIF against the schema of the standard.

use std::fs;

use crate::{
    BAD,
    tools::{PRECEPTOR, command, run, succeed, tool, write},
};

#[test]
fn reports_keep_to_the_schema() {
    let test = "sarif";
    let Some(schema) = tool("sarif-schema-2.1.0.json", test) else { return };
    let Some(validator) = tool("bin/check-jsonschema", test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let twice = "---\nname: c\ndescription: C.\n---\n\n`/home/mira` and `/home/mira`.\r\n";
    write(folder.path(), &[("b ö/SKILL.md", BAD), ("c/SKILL.md", twice), ("empty/SKILL.md", "")]);
    fs::create_dir(folder.path().join("latin")).unwrap();
    fs::write(folder.path().join("latin/SKILL.md"), b"Gr\xf6\xdfe").unwrap();
    for (name, paths) in [("report.sarif", &[".", "nowhere"][..]), ("none.sarif", &["none"])] {
        let mut check = command(PRECEPTOR, folder.path());
        let output = run(check.args(["check", "--format", "sarif"]).args(paths));
        fs::write(folder.path().join(name), &output.stdout).unwrap();
        let mut validate = command(&validator, folder.path());
        // One of the schema's patterns is none to the validator's own regular expressions.
        validate.args(["--regex-variant", "python", "--schemafile"]);
        succeed(validate.arg(&schema).arg(name));
    }
}
