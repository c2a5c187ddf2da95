//! What follows from samples, and how it is shown.

use expect_test::{Expect, expect};

use crate::suite::{
    report::{Measurement, Series, Unit},
    table,
};

fn series(server: &str, samples: &[f64]) -> Series {
    Series { samples: samples.to_vec(), ..Series::new(server) }
}

fn concluded(unit: Unit, series: Vec<Series>) -> Measurement {
    let mut measurement = Measurement::new("open → diagnostics", unit);
    measurement.series = series;
    measurement.conclude();
    measurement
}

fn check(unit: Unit, series: Vec<Series>, expected: &Expect) {
    let mut printed = Vec::new();
    table::print(&mut printed, &concluded(unit, series)).unwrap();
    expected.assert_eq(&String::from_utf8(printed).unwrap());
}

#[test]
fn a_table_has_a_row_for_each_server_also_for_one_that_failed() {
    let noted = Series { note: "3 findings".to_owned(), ..series("ours", &[30.0, 1.0, 2.25]) };
    let failed = Series { failure: Some("no answer".to_owned()), ..series("mute", &[]) };
    check(
        Unit::Milliseconds,
        vec![noted, series("another", &[1234.5, 20.0]), failed],
        &expect![[r"

            open → diagnostics
              server      median        p99   ratio     n
              ours       2.25 ms    30.0 ms    1.00     3  3 findings
              another     627 ms    1234 ms  278.78     2
              mute             –          –       –     0  no answer
        "]],
    );
}

#[test]
fn units_are_shown_as_people_say_them() {
    check(
        Unit::Mebibytes,
        vec![series("ours", &[12.34])],
        &expect![[r"

        open → diagnostics
          server     median        p99   ratio     n
          ours     12.3 MiB   12.3 MiB    1.00     1
    "]],
    );
    check(
        Unit::Events,
        vec![series("ours", &[63.0])],
        &expect![[r"

        open → diagnostics
          server     median        p99   ratio     n
          ours           63         63    1.00     1
    "]],
    );
}

#[test]
fn the_99th_percentile_is_a_sample_that_was_seen() {
    let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
    let measurement =
        concluded(Unit::Events, vec![series("a", &hundred), series("b", &[2.0, 1.0])]);
    let percentiles: Vec<Option<f64>> = measurement.series.iter().map(|it| it.p99).collect();
    assert_eq!(percentiles, [Some(99.0), Some(2.0)]);
}

#[test]
fn there_is_no_ratio_to_a_server_without_samples() {
    let measurement = concluded(Unit::Events, vec![series("a", &[]), series("b", &[2.0])]);
    let ratios: Vec<Option<f64>> = measurement.series.iter().map(|it| it.ratio).collect();
    assert_eq!(ratios, [None, None]);
}
