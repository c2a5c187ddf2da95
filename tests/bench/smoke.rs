//! The bench itself works: each measurement once, on small documents, with the built server.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock and lays out its own files"
)]

#[path = "smoke/figures.rs"]
mod figures;
mod suite;
#[path = "smoke/typing.rs"]
mod typing;

use crate::suite::report::Report;

const SERVER: &str = env!("CARGO_BIN_EXE_preceptor");

/// Runs the bench and returns what it measured and what it printed.
fn run(arguments: &[&str]) -> (Report, String) {
    let mut printed = Vec::new();
    let arguments = ["lsp", "--smoke"].iter().chain(arguments);
    let report = suite::run(arguments, &mut printed).unwrap();
    (report, String::from_utf8(printed).unwrap())
}

#[test]
fn every_measurement_is_made_of_two_servers() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("bench.json");
    let server = format!("again={SERVER} lsp");
    let checker = format!("again={SERVER} check --no-config");
    let (report, printed) = run(&[
        "--server",
        &server,
        "--checker",
        &checker,
        "--bound",
        "60",
        "--json",
        json.to_str().unwrap(),
    ]);
    let mut n_series = 0;
    for measurement in &report.measurements {
        let measured: Vec<&str> = measurement.series.iter().map(|it| it.server.as_str()).collect();
        assert_eq!(measured, ["preceptor", "again"], "{printed}");
        assert!(printed.contains(&measurement.title), "{printed}");
        for series in &measurement.series {
            assert_eq!(series.failure, None, "{printed}");
            assert_eq!(series.samples.len(), 1, "{printed}");
            assert!(series.samples[0] > 0.0, "{printed}");
            n_series += 1;
        }
    }
    assert!(n_series >= 30, "{printed}");
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let written = written["measurements"].as_array().unwrap();
    assert_eq!(written.len(), report.measurements.len());
    assert!(written.iter().all(|it| it["series"][1]["ratio"].as_f64().unwrap() > 0.0));
}

#[cfg(unix)]
#[test]
fn a_server_that_does_not_answer_is_named_and_the_run_goes_on() {
    let (report, printed) =
        run(&["start", "--bound", "5", "--server", "deaf=sleep 600", "--server", "gone=false"]);
    let rows = |title: usize| report.measurements[title].series.iter();
    let failures: Vec<bool> = rows(0).map(|it| it.failure.is_some()).collect();
    assert_eq!(failures, [false, true, true], "{printed}");
    assert!(printed.contains("no answer to initialize within 5 s"), "{printed}");
    assert!(printed.contains("the server has ended"), "{printed}");
}

#[test]
fn a_server_that_cannot_be_started_is_named() {
    let (report, printed) = run(&["start", "--server", "none=there-is-no-such-program"]);
    assert!(report.measurements[0].series[1].failure.is_some(), "{printed}");
    assert!(printed.contains("starting there-is-no-such-program"), "{printed}");
}
