//! What somebody probably meant by a name that does not exist.

use strsim::osa_distance;

/// Returns the known name that `name` most likely stands for: the same but for case, hyphens and
/// underscores, else the one with the fewest slips of the hand.
///
/// `None` for a name that is known, and where two names are equally near.
pub(crate) fn near_miss<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = fold(name);
    // Slips, then letters that are written otherwise: `WebFetch` and `web_fetch` are one name.
    let mut nearest: Option<(usize, usize, &str)> = None;
    let mut is_tie = false;
    for candidate in known {
        if candidate == name {
            return None;
        }
        let folded_candidate = fold(candidate);
        let lengths = (folded.chars().count(), folded_candidate.chars().count());
        let limit = n_slips_allowed(lengths.0.min(lengths.1));
        if lengths.0.abs_diff(lengths.1) > limit {
            continue;
        }
        // Letters that are missing, too many, wrong or swapped with their neighbor.
        let n_slips = osa_distance(&folded, &folded_candidate);
        if n_slips > limit {
            continue;
        }
        let n_different = osa_distance(name, candidate);
        match nearest {
            Some((fewest, _, _)) if n_slips > fewest => {}
            Some((fewest, fewest_different, other)) if n_slips == fewest => {
                is_tie |= fold(other) != folded_candidate;
                if n_different < fewest_different {
                    nearest = Some((n_slips, n_different, candidate));
                }
            }
            _ => {
                nearest = Some((n_slips, n_different, candidate));
                is_tie = false;
            }
        }
    }
    nearest.filter(|_| !is_tie).map(|(_, _, candidate)| candidate)
}

/// Short names are too close to each other for guesses.
const fn n_slips_allowed(length: usize) -> usize {
    match length {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|it| !matches!(it, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::near_miss;

    const KNOWN: [&str; 6] = ["name", "description", "allowed-tools", "paths", "hooks", "WebFetch"];

    #[test]
    fn slips_of_the_hand_are_seen() {
        for (name, expected) in [
            ("Name", "name"),
            ("allowedTools", "allowed-tools"),
            ("allowed_tools", "allowed-tools"),
            ("desciption", "description"),
            ("descritpion", "description"),
            ("Descripton", "description"),
            ("WebFecth", "WebFetch"),
            ("webfetch", "WebFetch"),
            ("path", ""),
            ("hook", ""),
            ("pathx", "paths"),
        ] {
            assert_eq!(near_miss(name, KNOWN).unwrap_or_default(), expected, "{name}");
        }
    }

    #[test]
    fn other_words_are_no_slips() {
        for name in ["", "nam", "names", "game", "author", "version", "größe", "description"] {
            assert_eq!(near_miss(name, KNOWN), None, "{name}");
        }
    }

    #[test]
    fn the_notation_that_is_nearest_is_taken() {
        let known = ["web_fetch", "webfetch", "WebFetch"];
        assert_eq!(near_miss("WebFecth", known), Some("WebFetch"));
        assert_eq!(near_miss("web_fecth", known), Some("web_fetch"));
    }

    #[test]
    fn two_equally_near_names_are_no_guess() {
        assert_eq!(near_miss("listxfile", ["list_file", "lists_file"]), None);
    }
}
