//! The linter's settings for each path, and mistakes in them that types cannot catch.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Config, Lint, LintOverride, RuleLevel, place::Step};

/// What a configuration says of the linter, ready to be asked about paths. Globs are worked out
/// once.
#[derive(Debug, Clone, Default)]
pub struct LintSettings {
    everywhere: lint::Settings,
    overrides: Vec<Override>,
}

#[derive(Debug, Clone)]
struct Override {
    paths: GlobSet,
    levels: BTreeMap<String, lint::Level>,
}

impl LintSettings {
    /// Prepares a configuration. Globs that cannot be read match nothing; a [`super::Layer`] has
    /// none.
    pub fn new(config: &Config) -> Self {
        let overrides = config.lint.overrides.iter().map(|it| Override {
            paths: glob_set(&it.paths).unwrap_or_default(),
            levels: levels(&it.rules),
        });
        Self { everywhere: settings(config), overrides: overrides.collect() }
    }

    /// Returns the settings for a file. Globs are relative to `folder`, the one that the
    /// configuration's file is in; a relative path is taken to be below it, and a file elsewhere
    /// has no overrides. Where several match, later ones win.
    ///
    /// A glob that matches a folder holds for everything below it.
    pub fn of(&self, folder: &Path, path: &Path) -> Cow<'_, lint::Settings> {
        if self.overrides.is_empty() {
            return Cow::Borrowed(&self.everywhere);
        }
        let path = without_dots(&folder.join(path));
        let Ok(relative) = path.strip_prefix(without_dots(folder)) else {
            return Cow::Borrowed(&self.everywhere);
        };
        let mut settings = Cow::Borrowed(&self.everywhere);
        for it in &self.overrides {
            let mut below = relative.ancestors().filter(|it| !it.as_os_str().is_empty());
            if below.any(|path| it.paths.is_match(path)) {
                let levels = it.levels.iter().map(|(code, level)| (code.clone(), *level));
                settings.to_mut().levels.extend(levels);
            }
        }
        settings
    }
}

/// Returns the settings as the linter takes them, for files that no override is about.
fn settings(config: &Config) -> lint::Settings {
    let Config { lint, reflect, .. } = config;
    // Where notes are never consolidated, any number is fine.
    let maximum_notes = usize::try_from(reflect.consolidate_threshold).ok().filter(|&it| it > 0);
    lint::Settings {
        levels: levels(&lint.rules),
        launchers: lint.launchers.clone(),
        known_tools: lint.known_tools.clone(),
        maximum_notes,
        is_proposal: false,
    }
}

/// Returns the first name of a rule that there is not, or glob that cannot be used: the way to its
/// key, and what is wrong with it.
pub(super) fn first_mistake(lint: &Lint) -> Option<(Vec<Step<'_>>, String)> {
    let table = [Step::Key("lint")];
    let rules = unknown_rule(&lint.rules).map(|(steps, message)| (steps.to_vec(), message));
    let mut overrides = lint.overrides.iter().enumerate().filter_map(|(idx, it)| {
        let (steps, message) = override_mistake(it)?;
        let above = [Step::Key("overrides"), Step::Index(idx)];
        Some((above.into_iter().chain(steps).collect(), message))
    });
    let (steps, message) = rules.or_else(|| overrides.next())?;
    Some((table.into_iter().chain(steps).collect(), message))
}

fn override_mistake(it: &LintOverride) -> Option<([Step<'_>; 2], String)> {
    let globs = it.paths.iter().enumerate();
    let mut unusable = globs.filter_map(|(idx, text)| {
        Some(([Step::Key("paths"), Step::Index(idx)], parse_glob(text).err()?))
    });
    unusable.next().or_else(|| unknown_rule(&it.rules))
}

fn unknown_rule(rules: &BTreeMap<String, RuleLevel>) -> Option<([Step<'_>; 2], String)> {
    let code = rules.keys().find(|code| lint::rule(code).is_none())?;
    let meant = lint::similar_codes(code);
    let advice = if meant.is_empty() {
        "`preceptor rules` lists them all".to_owned()
    } else {
        let meant: Vec<String> = meant.iter().map(|code| format!("`{code}`")).collect();
        format!("did you mean {}?", meant.join(" or "))
    };
    let message = format!("there is no rule of this name; {advice}");
    Some(([Step::Key("rules"), Step::Key(code)], message))
}

fn levels(rules: &BTreeMap<String, RuleLevel>) -> BTreeMap<String, lint::Level> {
    rules.iter().map(|(code, level)| (code.clone(), level.to_lint())).collect()
}

impl RuleLevel {
    fn to_lint(self) -> lint::Level {
        match self {
            Self::Off => lint::Level::Off,
            Self::Hint => lint::Level::Hint,
            Self::Info => lint::Level::Info,
            Self::Warning => lint::Level::Warning,
            Self::Error => lint::Level::Error,
        }
    }
}

fn glob_set(texts: &[String]) -> Option<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for text in texts {
        builder.add(parse_glob(text).ok()?);
    }
    builder.build().ok()
}

fn parse_glob(text: &str) -> Result<Glob, String> {
    let relative = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
    let is_elsewhere = Path::new(text).has_root() || text.split('/').any(|part| part == "..");
    if relative.is_empty() || is_elsewhere {
        return Err(
            "write a glob of paths below the folder of this file, such as `vendor/**`".to_owned()
        );
    }
    let parsed = GlobBuilder::new(relative).literal_separator(true).build();
    parsed.map_err(|error| format!("the glob cannot be read: {}", error.kind()))
}

/// Takes `.` and `..` out of a path by its letters alone.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            component => out.push(component),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::LintSettings;
    use crate::config::{Config, Layer};

    const OVERRIDES: &str = r#"
[lint.rules]
"name/invalid" = "warning"
[[lint.overrides]]
paths = ["vendor/**", "old"]
rules = { "name/invalid" = "off" }
[[lint.overrides]]
paths = ["vendor/*/kept/SKILL.md"]
rules = { "name/invalid" = "hint" }
"#;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let layer = Layer::from_toml("preceptor.toml", OVERRIDES).unwrap();
        let settings = LintSettings::new(&Config::merged([&layer]).unwrap());
        let rule = lint::rule("name/invalid").unwrap();
        let level = settings.of(Path::new("/w"), Path::new(path)).level(rule);
        assert_eq!(level.as_str(), expected, "{path}");
    }

    #[test]
    fn globs_are_relative_to_the_folder_and_later_overrides_win() {
        check("/w/skills/a/SKILL.md", "warning");
        check("/w/vendor/a/SKILL.md", "off");
        check("/w/vendor/a/kept/SKILL.md", "hint");
        check("/w/deep/vendor/a/SKILL.md", "warning");
        check("/elsewhere/vendor/a/SKILL.md", "warning");
        check("vendor/a/SKILL.md", "off");
        check("/w/skills/../vendor/./a/SKILL.md", "off");
    }

    #[test]
    fn a_folders_name_stands_for_all_that_is_in_it() {
        check("/w/old/a/b/SKILL.md", "off");
        check("/w/older/SKILL.md", "warning");
    }

    #[test]
    fn notes_are_too_many_where_they_would_be_consolidated() {
        for (text, expected) in [
            ("", Some(12)),
            ("[reflect]\nconsolidate_threshold = 3\n", Some(3)),
            ("[reflect]\nconsolidate_threshold = 0\n", None),
        ] {
            let layer = Layer::from_toml("preceptor.toml", text).unwrap();
            let settings = LintSettings::new(&Config::merged([&layer]).unwrap());
            let path = Path::new("/w/a/SKILL.md");
            assert_eq!(settings.of(Path::new("/w"), path).maximum_notes, expected, "{text}");
        }
    }

    #[track_caller]
    fn check_mistake(text: &str, expected: &str) {
        let error = Layer::from_toml("c.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn rules_that_do_not_exist_are_mistakes_at_their_keys() {
        check_mistake(
            "[lint.rules]\n\"name/mising\" = \"off\"\n",
            "c.toml:2:1: `lint.rules.name/mising`: there is no rule of this name; did you mean \
             `name/missing`",
        );
        check_mistake(
            "[[lint.overrides]]\npaths = [\"a\"]\nrules = { \"x/yyyyyyyy\" = \"off\" }\n",
            "c.toml:3:11: `lint.overrides[0].rules.x/yyyyyyyy`: there is no rule of this name; \
             `preceptor rules` lists them all",
        );
    }

    #[test]
    fn globs_that_cannot_be_used_are_mistakes_at_their_places() {
        for glob in ["/w/vendor/**", "../other/**", "", "./"] {
            check_mistake(
                &format!("[[lint.overrides]]\npaths = [\"a\", \"{glob}\"]\nrules = {{}}\n"),
                "c.toml:2:15: `lint.overrides[0].paths[1]`: write a glob of paths below",
            );
        }
        check_mistake(
            "[[lint.overrides]]\npaths = [\"[a\"]\nrules = {}\n",
            "c.toml:2:10: `lint.overrides[0].paths[0]`: the glob cannot be read: ",
        );
    }
}
