//! The report for services that collect findings: SARIF 2.1.0.
//!
//! Columns count Unicode scalar values, as the run says of itself. Paths are relative to the
//! checkout; what is elsewhere has its full address.

mod log;

use std::{collections::BTreeMap, fmt::Write, path::Path};

use anyhow::Context;
use lint::{Finding, Fix, Level, Rule, Severity};
use sha2::{Digest, Sha256};
use skill::{PositionEncoding, Span, TextEdit};

use self::log::{
    ArtifactChange, ArtifactLocation, Configuration, Driver, Invocation, Location, Log, Markdown,
    Message, Notification, PhysicalLocation, Properties, Region, RelatedLocation, Replacement,
    ReportingDescriptor, Result as LogResult, Run, SarifFix, Tool,
};
use crate::check::{
    Checked, Outcome,
    uri::{file_uri, relative_reference},
};

/// The name of the folder that relative paths start from.
const ROOT: &str = "SRCROOT";

/// The name under which a finding's fingerprint stands; a new way to make it gets a new name.
const FINGERPRINT: &str = "preceptorLine/v1";

/// Returns the report with a line end. `root` is what paths are relative to.
pub(super) fn report(outcome: &Outcome, root: &Path) -> anyhow::Result<String> {
    let results = outcome.checked.iter().flat_map(|checked| {
        let artifact = artifact_location(root, &checked.place.path);
        let mut seen = BTreeMap::new();
        checked
            .findings
            .iter()
            .map(|finding| result(checked, finding, &artifact, &mut seen))
            .collect::<Vec<_>>()
    });
    let notifications = outcome
        .failures
        .iter()
        .map(|failure| Notification { level: "error", message: Message { text: failure.clone() } });
    let base = ArtifactLocation { uri: format!("{}/", file_uri(root)), uri_base_id: None };
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "Preceptor",
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: lint::rules().iter().copied().map(descriptor).collect(),
            },
        },
        invocations: vec![Invocation {
            execution_successful: outcome.failures.is_empty(),
            tool_execution_notifications: notifications.collect(),
        }],
        original_uri_base_ids: BTreeMap::from([(ROOT, base)]),
        column_kind: "unicodeCodePoints",
        newline_sequences: ["\r\n", "\n", "\r"],
        results: results.collect(),
    };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![run],
    };
    let mut out = serde_json::to_string_pretty(&log).context("writing the report as SARIF")?;
    out.push('\n');
    Ok(out)
}

fn descriptor(rule: &'static Rule) -> ReportingDescriptor {
    let family = rule.code.split('/').next().unwrap_or_default();
    ReportingDescriptor {
        id: rule.code,
        name: pascal_case(rule.code),
        short_description: Message { text: rule.summary.to_owned() },
        help: Markdown { text: rule.page, markdown: rule.page },
        default_configuration: Configuration {
            enabled: rule.level != Level::Off,
            level: rule.level.severity().map_or("none", level),
        },
        properties: Properties { tags: vec![family] },
    }
}

/// `name/too-long` is shown as `NameTooLong`.
fn pascal_case(code: &str) -> String {
    let words = code.split(['/', '-']).map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// SARIF has nothing below a note.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

fn artifact_location(root: &Path, path: &Path) -> ArtifactLocation {
    match relative_reference(root, path) {
        Some(uri) => ArtifactLocation { uri, uri_base_id: Some(ROOT) },
        None => ArtifactLocation { uri: file_uri(path), uri_base_id: None },
    }
}

fn result(
    checked: &Checked,
    finding: &Finding,
    artifact: &ArtifactLocation,
    seen: &mut BTreeMap<String, usize>,
) -> LogResult {
    let physical = |span| PhysicalLocation {
        artifact_location: artifact.clone(),
        region: region(checked, span),
    };
    let related = finding.related.iter().enumerate().map(|(idx, (span, label))| RelatedLocation {
        id: idx,
        physical_location: physical(*span),
        message: Message { text: label.clone() },
    });
    LogResult {
        rule_id: finding.rule.code,
        rule_index: lint::rules().binary_search_by_key(&finding.rule.code, |it| it.code).ok(),
        level: level(finding.severity),
        message: Message { text: finding.message.clone() },
        locations: vec![Location { physical_location: physical(finding.span) }],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint(checked, finding, seen))]),
        fixes: finding.fixes.iter().map(|fix| sarif_fix(checked, fix, artifact)).collect(),
    }
}

fn region(checked: &Checked, span: Span) -> Region {
    let position = |offset| {
        let position = checked.line_index.position(&checked.text, offset, PositionEncoding::Utf32);
        (position.line + 1, position.character + 1)
    };
    let (start_line, start_column) = position(span.start);
    let (end_line, end_column) = position(span.end);
    Region { start_line, start_column, end_line, end_column }
}

fn sarif_fix(checked: &Checked, fix: &Fix, artifact: &ArtifactLocation) -> SarifFix {
    let replacement = |edit: &TextEdit| Replacement {
        deleted_region: region(checked, edit.span),
        inserted_content: Message { text: edit.new_text.clone() },
    };
    SarifFix {
        description: Message { text: fix.title.clone() },
        artifact_changes: vec![ArtifactChange {
            artifact_location: artifact.clone(),
            replacements: fix.edits.iter().map(replacement).collect(),
        }],
    }
}

/// The same for the same offence after lines were added or removed elsewhere in the file: made of
/// the rule, the line's words and how many such lines came before.
fn fingerprint(checked: &Checked, finding: &Finding, seen: &mut BTreeMap<String, usize>) -> String {
    let Checked { text, line_index, .. } = checked;
    let line = line_index.position(text, finding.span.start, PositionEncoding::Utf8).line;
    let words = line_index.line(text, line).split_whitespace();
    let mut hash = Sha256::new_with_prefix(finding.rule.code);
    hash.update([0]);
    hash.update(finding.span.of(text));
    for word in words {
        hash.update([0]);
        hash.update(word);
    }
    let mut digest = String::new();
    for byte in hash.finalize().iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    let n_before = seen.entry(digest.clone()).or_default();
    let fingerprint = format!("{digest}:{n_before}");
    *n_before += 1;
    fingerprint
}
