//! The reports for programs.

use expect_test::expect;
use serde_json::Value;

use crate::check::{
    Format, Options, run_in,
    tests::{BAD, Folder, GOOD, check, output, paths},
};

#[test]
fn json_has_the_agreed_shape() {
    let options = Options { format: Format::Json, ..Options::default() };
    check(
        &[("b/SKILL.md", BAD), ("good/SKILL.md", GOOD)],
        &options,
        &expect![[r#"
        {
          "files": 2,
          "diagnostics": [
            {
              "path": "b/SKILL.md",
              "line": 2,
              "column": 7,
              "endLine": 2,
              "endColumn": 15,
              "severity": "error",
              "code": "name/invalid",
              "message": "`Bad Name` is no valid name: letters must be lower-case",
              "fixable": true
            },
            {
              "path": "b/SKILL.md",
              "line": 3,
              "column": 23,
              "endLine": 3,
              "endColumn": 33,
              "severity": "warning",
              "code": "portability/user-path",
              "message": "`/home/mira` is one person's folder; nobody else has it",
              "fixable": true
            }
          ]
        }
        exit code 1
    "#]],
    );
}

#[test]
fn annotations_name_the_place_and_escape_what_would_end_them() {
    let options = Options { format: Format::Github, ..Options::default() };
    check(
        &[("a,b/SKILL.md", BAD)],
        &options,
        &expect![[r#"
            ::error file=a%2Cb/SKILL.md,line=2,col=7,endLine=2,endColumn=15,title=name/invalid::`Bad Name` is no valid name: letters must be lower-case
            ::warning file=a%2Cb/SKILL.md,line=3,col=23,endLine=3,endColumn=33,title=portability/user-path::`/home/mira` is one person's folder; nobody else has it
            checked 1 skill: 1 error, 1 warning; --fix can fix 1
            exit code 1
        "#]],
    );
}

/// The fix that removes the mark has no place in SARIF: nothing of it can be named by columns.
#[test]
fn a_byte_order_mark_takes_no_column_in_any_report() {
    let text = "\u{feff}[a](C:\\Users\\finn\\a.md) \u{200b}x\n";
    let folder = Folder::new(&[("a/SKILL.md", text)]);
    let places = |format| {
        let report = output(&folder, &Options { format, ..Options::default() }, "");
        let lines = report.lines().filter(|line| line.contains("olumn") || line.contains("col="));
        lines.map(|line| line.trim().trim_end_matches(',').to_owned()).collect::<Vec<_>>()
    };
    let json = places(Format::Json);
    let of_mark = ["\"column\": 1", "\"endColumn\": 1"];
    assert!(json.starts_with(&of_mark.map(str::to_owned)), "{json:?}");
    assert!(json.contains(&"\"column\": 5".to_owned()), "{json:?}");
    let github = places(Format::Github).concat();
    assert!(github.contains("line=1,col=1,endLine=1,endColumn=1,title=text/encoding"), "{github}");
    assert!(github.contains("line=1,col=5,endLine=1,"), "{github}");
    let log: Value = serde_json::from_str(&sarif(&folder)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().find(|it| it["ruleId"] == rule).unwrap();
    assert_eq!(of("text/encoding")["locations"][0]["physicalLocation"]["region"]["endColumn"], 1);
    assert!(of("text/encoding").get("fixes").is_none());
    assert!(of("portability/user-path").get("fixes").is_some());
}

#[test]
fn what_a_baseline_knows_is_no_result() {
    let folder = Folder::new(&[("a/SKILL.md", BAD)]);
    let write = Options { write_baseline: Some("known.json".into()), ..Options::default() };
    output(&folder, &write, "");
    let options = Options {
        format: Format::Sarif,
        baseline: Some("known.json".into()),
        ..Options::default()
    };
    let report = output(&folder, &options, "");
    let json = report.split("exit code").next().unwrap();
    let log: Value = serde_json::from_str(json).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 0);
}

#[test]
fn annotations_are_relative_to_the_checkout() {
    let folder = Folder::new(&[("docs/skills/bad/SKILL.md", BAD)]);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let options = Options {
        format: Format::Github,
        root: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let current_dir = folder.path().join("docs");
    run_in(&current_dir, &options, &mut "".as_bytes(), &mut stdout, &mut stderr).unwrap();
    let report = String::from_utf8(stdout).unwrap();
    assert!(report.starts_with("::error file=docs/skills/bad/SKILL.md,line=2,"), "{report}");
}

/// A report in SARIF without the list of rules, which grows.
fn sarif(folder: &Folder) -> String {
    let options = Options { format: Format::Sarif, ..paths(&[".", "nowhere"]) };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    run_in(folder.path(), &options, &mut "".as_bytes(), &mut stdout, &mut stderr).unwrap();
    let mut log: Value = serde_json::from_slice(&stdout).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
    for result in log["runs"][0]["results"].as_array_mut().unwrap() {
        let idx = usize::try_from(result["ruleIndex"].take().as_u64().unwrap()).unwrap();
        assert_eq!(rules[idx]["id"], result["ruleId"]);
    }
    let report = serde_json::to_string_pretty(&log).unwrap() + "\n";
    report.replace(&*folder.path().to_string_lossy(), "$DIR")
}

#[test]
fn sarif_has_places_fixes_and_what_went_wrong() {
    let folder = Folder::new(&[("b ö/SKILL.md", BAD)]);
    expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "unicodeCodePoints",
              "invocations": [
                {
                  "executionSuccessful": false,
                  "toolExecutionNotifications": [
                    {
                      "level": "error",
                      "message": {
                        "text": "cannot check nowhere: there is no such file or folder; check the path"
                      }
                    }
                  ]
                }
              ],
              "newlineSequences": [
                "\r\n",
                "\n",
                "\r"
              ],
              "originalUriBaseIds": {
                "SRCROOT": {
                  "uri": "file://$DIR/"
                }
              },
              "results": [
                {
                  "fixes": [
                    {
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "b%20%C3%B6/SKILL.md",
                            "uriBaseId": "SRCROOT"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "endColumn": 15,
                                "endLine": 2,
                                "startColumn": 7,
                                "startLine": 2
                              },
                              "insertedContent": {
                                "text": "bad-name"
                              }
                            }
                          ]
                        }
                      ],
                      "description": {
                        "text": "Rename it to `bad-name`"
                      }
                    }
                  ],
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "b%20%C3%B6/SKILL.md",
                          "uriBaseId": "SRCROOT"
                        },
                        "region": {
                          "endColumn": 15,
                          "endLine": 2,
                          "startColumn": 7,
                          "startLine": 2
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`Bad Name` is no valid name: letters must be lower-case"
                  },
                  "partialFingerprints": {
                    "preceptorLine/v1": "aa19db1f78637bbe:0"
                  },
                  "ruleId": "name/invalid",
                  "ruleIndex": null
                },
                {
                  "fixes": [
                    {
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "b%20%C3%B6/SKILL.md",
                            "uriBaseId": "SRCROOT"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "endColumn": 33,
                                "endLine": 3,
                                "startColumn": 23,
                                "startLine": 3
                              },
                              "insertedContent": {
                                "text": "/home/<user>"
                              }
                            }
                          ]
                        }
                      ],
                      "description": {
                        "text": "Write `/home/<user>` instead"
                      }
                    }
                  ],
                  "level": "warning",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "b%20%C3%B6/SKILL.md",
                          "uriBaseId": "SRCROOT"
                        },
                        "region": {
                          "endColumn": 33,
                          "endLine": 3,
                          "startColumn": 23,
                          "startLine": 3
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`/home/mira` is one person's folder; nobody else has it"
                  },
                  "partialFingerprints": {
                    "preceptorLine/v1": "55ea5f06c14ac4b1:0"
                  },
                  "ruleId": "portability/user-path",
                  "ruleIndex": null
                }
              ],
              "tool": {
                "driver": {
                  "name": "Preceptor",
                  "rules": null,
                  "semanticVersion": "0.1.0",
                  "version": "0.1.0"
                }
              }
            }
          ],
          "version": "2.1.0"
        }
    "#]]
    .assert_eq(&sarif(&folder));
}

#[test]
fn sarif_describes_every_rule() {
    let folder = Folder::new(&[]);
    let options = Options { format: Format::Sarif, ..Options::default() };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    run_in(folder.path(), &options, &mut "".as_bytes(), &mut stdout, &mut stderr).unwrap();
    let log: Value = serde_json::from_slice(&stdout).unwrap();
    let described = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(described.len(), lint::rules().len());
    for (described, rule) in described.iter().zip(lint::rules()) {
        assert_eq!(described["id"], rule.code);
        assert_eq!(described["help"]["markdown"], rule.page);
    }
}

#[test]
fn fingerprints_outlive_new_lines_above_and_tell_equal_lines_apart() {
    let fingerprints = |text: &str| {
        let log: Value =
            serde_json::from_str(&sarif(&Folder::new(&[("a/SKILL.md", text)]))).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|it| it["partialFingerprints"].to_string()).collect::<Vec<_>>()
    };
    let text = "---\nname: a\ndescription: A. Use for it.\n---\n\nIn /home/mira and /home/finn.\n";
    let before = fingerprints(text);
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1]);
    assert_eq!(before, fingerprints(&text.replace("---\n\nIn", "---\n\n# More\n\nIn")));
    assert_ne!(before, fingerprints(&text.replace("In /", "Not in /")));
}
