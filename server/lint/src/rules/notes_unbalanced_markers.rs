//! `notes/unbalanced-markers`: a protected region without a proper start and end.

use crate::{
    Level, Problem, Rule, SkillFile,
    notes::{Marker, Region, markers},
};

pub(super) static RULE: Rule = Rule {
    code: "notes/unbalanced-markers",
    level: Level::Error,
    summary: "the markers of a protected region are missing, nested, twice or reversed",
    page: include_str!("../../../preceptor/guide/rules/notes/unbalanced-markers.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut open: Option<Marker> = None;
    let mut closed: Vec<Region> = Vec::new();
    for marker in markers(file.document) {
        let name = marker.region.prefix();
        match open {
            Some(outer) if marker.is_start => {
                let message = format!(
                    "`{name}_START` stands inside the region of `{}_START`: regions must not nest",
                    outer.region.prefix()
                );
                let related = [(outer.span, "that one starts here".to_owned())];
                problems.push(Problem::new(marker.span, message).with_related(related));
            }
            Some(outer) if outer.region == marker.region => {
                closed.push(outer.region);
                open = None;
            }
            Some(_) | None if !marker.is_start => {
                let message = format!("`{name}_END` has no `{name}_START` in front of it");
                problems.push(Problem::new(marker.span, message));
            }
            Some(_) | None if closed.contains(&marker.region) => {
                let message = format!(
                    "`{name}_START` is there a second time: only one region of a kind is kept up"
                );
                problems.push(Problem::new(marker.span, message));
                open = Some(marker);
            }
            _ => open = Some(marker),
        }
    }
    problems.extend(open.map(|marker| {
        let name = marker.region.prefix();
        let message = format!(
            "`{name}_START` has no `{name}_END` behind it: everything up to the end of the file \
             would count as the region"
        );
        Problem::new(marker.span, message)
    }));
    problems
}
