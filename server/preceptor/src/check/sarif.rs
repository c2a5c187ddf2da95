//! The report for services that collect findings: SARIF 2.1.0.
//!
//! Columns count Unicode scalar values, as the run says of itself, without a byte order mark, as
//! the standard says. Paths are relative to the checkout; what is elsewhere has its full address.
//!
//! What a comment in the text suppresses or a baseline knows is left out: the standard has a
//! property for suppressed results, and services show them all the same.

mod log;

use std::{collections::BTreeMap, fmt::Write, path::Path};

use anyhow::Context;
use lint::{Finding, Fix, Level, Rule, Severity};
use sha2::{Digest, Sha256};
use skill::{Span, TextEdit};

use self::log::{
    ArtifactChange, ArtifactLocation, Configuration, Driver, Invocation, Location, Log, Markdown,
    Message, Notification, PhysicalLocation, Properties, Region, RelatedLocation, Replacement,
    ReportingDescriptor, Result as LogResult, Run, SarifFix, Tool,
};
use crate::check::{
    Checked, Outcome,
    position::{Positions, n_bytes_of_mark},
    uri::{file_uri, relative_reference},
};

/// The name of the folder that relative paths start from.
const ROOT: &str = "SRCROOT";

/// The name under which a finding's fingerprint stands; a new way to make it gets a new name.
const FINGERPRINT: &str = "preceptorLine/v1";

/// How much of a finding's line its fingerprint is made of, in characters: each finding on a line reads
/// it anew.
const MAXIMUM_LINE: usize = 4096;

/// Returns the report with a line end. `root` is what paths are relative to.
pub(super) fn report(outcome: &Outcome, root: &Path) -> anyhow::Result<String> {
    let results = outcome.checked.iter().flat_map(|checked| {
        let artifact = artifact_location(root, &checked.place.path);
        let positions = Positions::new(checked);
        let mut seen = BTreeMap::new();
        checked
            .findings
            .iter()
            .map(|finding| result(checked, &positions, finding, &artifact, &mut seen))
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
    positions: &Positions<'_>,
    finding: &Finding,
    artifact: &ArtifactLocation,
    seen: &mut BTreeMap<String, usize>,
) -> LogResult {
    let physical = |span| PhysicalLocation {
        artifact_location: artifact.clone(),
        region: region(positions, span),
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
        fixes: finding
            .fixes
            .iter()
            .filter(|fix| fix.edits.iter().all(|it| it.span.end > n_bytes_of_mark(&checked.text)))
            .map(|fix| sarif_fix(positions, fix, artifact))
            .collect(),
    }
}

fn region(positions: &Positions<'_>, span: Span) -> Region {
    let (start, end) = (positions.at(span.start), positions.at(span.end));
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn sarif_fix(positions: &Positions<'_>, fix: &Fix, artifact: &ArtifactLocation) -> SarifFix {
    let replacement = |edit: &TextEdit| Replacement {
        deleted_region: region(positions, edit.span),
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
    let line = line_index.line(text, line_index.line_of(finding.span.start));
    let end = line.char_indices().nth(MAXIMUM_LINE).map_or(line.len(), |(end, _)| end);
    let line = line.get(..end).unwrap_or_default();
    let words = line.split_whitespace();
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
