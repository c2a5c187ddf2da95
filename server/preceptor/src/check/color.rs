//! Whether a report may have colors.

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal},
};

/// Tells whether stdout should have colors: on a terminal, unless the environment says otherwise.
///
/// `NO_COLOR` switches them off, `CLICOLOR_FORCE` on also where there is no terminal.
pub fn wants_color() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let variable = |name: &str| env::var_os(name);
    decide(variable, io::stdout().is_terminal())
}

fn decide(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let is_on = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if is_set("NO_COLOR") {
        return false;
    }
    let is_dumb = variable("TERM").is_some_and(|value| value == "dumb");
    is_on("CLICOLOR_FORCE") || (is_terminal && !is_dumb)
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[track_caller]
    fn check(variables: &[(&str, &str)], is_terminal: bool, expected: bool) {
        let variable = |name: &str| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).into())
        };
        assert_eq!(decide(variable, is_terminal), expected);
    }

    #[test]
    fn colors_are_for_terminals() {
        check(&[], true, true);
        check(&[], false, false);
        check(&[("TERM", "dumb")], true, false);
    }

    #[test]
    fn the_environment_has_the_last_word() {
        check(&[("NO_COLOR", "1")], true, false);
        check(&[("NO_COLOR", "")], true, true);
        check(&[("CLICOLOR_FORCE", "1")], false, true);
        check(&[("CLICOLOR_FORCE", "0")], false, false);
        check(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false);
    }
}
