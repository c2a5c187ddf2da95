//! All files of one command: read, fixed, checked.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use lint::{Neighborhood, Safety};
use runtime::atomic;

use crate::{
    check::{
        Options, Outcome,
        baseline::Known,
        discover::discover,
        examine::{Fixed, Parsed, Place, examine, fixed},
        load::{Loaded, decode, load},
        parallel, reason, relative,
    },
    neighborhood::{SkillOnDisk, around_text, index_of, key_of_resolved},
};

/// What all files are checked with.
pub(super) struct Work<'a> {
    pub(super) current_dir: &'a Path,
    pub(super) options: &'a Options,
    /// Which fixes are applied, if any.
    pub(super) fix: Option<Safety>,
    /// The findings that are not reported and not fixed.
    pub(super) known: Option<&'a Known>,
}

impl Work<'_> {
    /// Returns what has to be printed instead of the report: the input with fixes, if they are
    /// asked for. What is no text comes back as it was.
    pub(super) fn check_stdin(
        &self,
        place: &Place,
        stdin: &mut dyn Read,
        outcome: &mut Outcome,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Err(error) = stdin.read_to_end(&mut bytes) {
            outcome.failures.push(format!("cannot read standard input: {error}"));
            return None;
        }
        let mut output = self.options.fix.is_some().then(|| bytes.clone());
        let loaded = match decode(bytes, &place.shown) {
            Ok(loaded) => loaded,
            Err(failure) => {
                outcome.failures.push(failure);
                return output;
            }
        };
        let mut parsed = Parsed::new(loaded);
        let neighborhood = around_text(&place.path, &parsed.document);
        let fixed = self.fixed(place, &parsed.document.text, neighborhood.as_ref());
        if let Some(fixed) = fixed {
            if parsed.flaw.is_some() {
                outcome.failures.push(not_fixed(&place.shown));
            } else {
                outcome.n_fixed = fixed.n_fixed;
                output = Some(fixed.text.clone().into_bytes());
                parsed = Parsed::new(Loaded { text: fixed.text, flaw: None });
            }
        }
        let settings = self.options.settings.of(self.current_dir, &place.path);
        outcome.checked.push(examine(place, &parsed, neighborhood.as_ref(), &settings));
        output
    }

    pub(super) fn check_files(&self, outcome: &mut Outcome) {
        let current_folder = [PathBuf::from(".")];
        let paths = &self.options.paths;
        let found =
            discover(self.current_dir, if paths.is_empty() { &current_folder } else { paths });
        outcome.failures.extend(found.failures);
        outcome.dangling =
            found.dangling.iter().map(|path| relative(self.current_dir, path)).collect();
        let places = found.files.into_iter().map(|(real, way)| {
            let shown = relative(self.current_dir, &way.path);
            Place { path: way.path, real, shown }
        });
        let mut places: Vec<Place> = places.collect();
        places.sort_by(|a, b| a.shown.cmp(&b.shown));
        let mut skills = read_all(&places);
        if self.fix.is_some() {
            for skill in &skills {
                self.fix_file(skill, outcome);
            }
            skills = read_all(&places);
        }
        let answers = parallel::map(&skills, |skill| {
            let parsed = skill.parsed.as_ref()?.as_ref().map_err(Clone::clone);
            let settings = self.options.settings.of(self.current_dir, &skill.place.path);
            let neighborhood = skill.neighborhood.as_ref();
            Some(parsed.map(|parsed| examine(skill.place, parsed, neighborhood, &settings)))
        });
        for (place, answer) in places.iter().zip(answers) {
            match answer.flatten() {
                Some(Ok(checked)) => outcome.checked.push(checked),
                Some(Err(failure)) => outcome.failures.push(failure),
                None => outcome.failures.push(format!(
                    "cannot check {}: a rule broke down over it; please report this, with the file",
                    place.shown
                )),
            }
        }
    }

    /// Fixes what can be fixed in a file. One that cannot be read is left to the check that
    /// follows.
    fn fix_file(&self, skill: &Skill<'_>, outcome: &mut Outcome) {
        let Skill { place, parsed: Some(Ok(parsed)), neighborhood } = skill else { return };
        let text = &parsed.document.text;
        let Some(fixed) = self.fixed(place, text, neighborhood.as_ref()) else { return };
        if parsed.flaw.is_some() {
            outcome.failures.push(not_fixed(&place.shown));
            return;
        }
        match atomic::write_over(&place.path, text.as_bytes(), fixed.text.as_bytes()) {
            Ok(()) => outcome.n_fixed += fixed.n_fixed,
            Err(error) => outcome.failures.push(format!(
                "cannot write {} ({}): nothing in it was changed; make the file and its folder \
                 writable",
                place.shown,
                reason(&error)
            )),
        }
    }

    fn fixed(
        &self,
        place: &Place,
        text: &str,
        neighborhood: Option<&Neighborhood>,
    ) -> Option<Fixed> {
        let settings = self.options.settings.of(self.current_dir, &place.path);
        fixed(place, text, neighborhood, &settings, self.fix?, self.known)
    }
}

/// A file that was read, with what is around it.
struct Skill<'a> {
    place: &'a Place,
    /// Its text, or a sentence about why there is none; `None` if reading it broke down.
    parsed: Option<Result<Parsed, String>>,
    neighborhood: Option<Neighborhood>,
}

/// Reads all files and finds out what is around each: the files of its folder, and the others.
fn read_all(places: &[Place]) -> Vec<Skill<'_>> {
    let read = parallel::map(places, |place| {
        let parsed = Parsed::new(load(&place.path, &place.shown)?);
        // Of what is no text, nothing is known but the text that was made of it.
        let key = key_of_resolved(&place.real).filter(|_| parsed.flaw.is_none());
        let on_disk =
            key.and_then(|key| SkillOnDisk::of_document(&place.path, key, &parsed.document));
        Ok((parsed, on_disk))
    });
    let (parsed, on_disk): (Vec<_>, Vec<_>) = read
        .into_iter()
        .map(|answer| match answer {
            Some(Ok((parsed, on_disk))) => (Some(Ok(parsed)), on_disk),
            Some(Err(failure)) => (Some(Err(failure)), None),
            None => (None, None),
        })
        .unzip();
    let index = index_of(on_disk.into_iter().flatten());
    let skills = places.iter().zip(parsed).map(|(place, parsed)| {
        let key = key_of_resolved(&place.real);
        Skill { place, parsed, neighborhood: key.and_then(|key| index.neighborhood(&key)) }
    });
    skills.collect()
}

fn not_fixed(shown: &str) -> String {
    format!(
        "cannot fix {shown}: nothing in it was changed, because it is not UTF-8; save it as UTF-8"
    )
}
