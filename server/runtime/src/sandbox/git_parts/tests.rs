//! What is taken away, and what stays.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{GitParts, MAX_FOLDERS};
use crate::sandbox::Layer;

struct Place {
    _dir: TempDir,
    root: PathBuf,
    aside: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let folder = dir.path().canonicalize().unwrap();
        fs::create_dir(folder.join("w")).unwrap();
        Self { root: folder.join("w"), aside: folder.join("aside"), _dir: dir }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn hook(&self, path: &str) {
        self.write(path, "evil\n");
        fs::set_permissions(self.root.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn repository(&self, path: &str) {
        self.write(&format!("{path}/HEAD"), "ref: refs/heads/main\n");
        self.write(&format!("{path}/config"), "[core]\n\tbare = false\n");
        for part in ["objects", "refs", "hooks"] {
            fs::create_dir_all(self.root.join(path).join(part)).unwrap();
        }
        self.write(&format!("{path}/hooks/pre-commit.sample"), "exit 1\n");
    }

    fn taken_back(&self, before: &GitParts) -> Vec<String> {
        let after = before.look_again(&self.root);
        let denials = after.take_back_since(before, &self.root, &self.aside);
        let layer = |it: &crate::sandbox::Denial| {
            let is_of_limit = it.what.starts_with("the watch over git's files ends at ");
            it.layer == Layer::GitWatch && it.is_negotiable != is_of_limit
        };
        assert!(denials.iter().all(layer), "{denials:?}");
        denials.into_iter().map(|denial| denial.what).collect()
    }

    fn check_taken(&self, before: &GitParts, path: &str) {
        let taken = self.taken_back(before);
        let start = format!("`{path}` ");
        assert!(taken.iter().any(|it| it.starts_with(&start)), "{path}: {taken:?}");
        assert!(self.aside.join(path).symlink_metadata().is_ok(), "{path} is kept");
        let left = self.taken_back(before);
        assert!(!left.iter().any(|it| it.starts_with('`')), "{path}: nothing is left: {left:?}");
        fs::remove_dir_all(&self.aside).unwrap();
    }
}

#[test]
fn a_new_repository_stays_unless_git_would_run_something() {
    let place = Place::new();
    let nothing = GitParts::look_at(&place.root, MAX_FOLDERS);
    place.repository("made/.git");
    assert_eq!(place.taken_back(&nothing), [""; 0]);
    let before = GitParts::look_at(&place.root, MAX_FOLDERS);
    place.hook("made/.git/hooks/pre-commit");
    place.check_taken(&before, "made/.git/hooks/pre-commit");
    place.write("made/.git/config", "[core]\n\tbare = false\n\tfsmonitor = evil\n");
    place.check_taken(&before, "made/.git/config");
    assert_eq!(
        fs::read_to_string(place.root.join("made/.git/config")).unwrap(),
        "[core]\n\tbare = false\n\t# fsmonitor = evil\n"
    );
    place.write("made/.git/commondir", "../../evil\n");
    place.check_taken(&before, "made/.git/commondir");
}

#[test]
fn wherever_git_would_look_is_looked_at() {
    let settings = "[core]\n\tfsmonitor = evil\n";
    for folder in [
        ".git",
        "deep/down/here/.git",
        "case/.GIT",
        ".git/modules/lib",
        ".git/modules/group/lib",
        ".git/worktrees/side",
        "bare",
    ] {
        let place = Place::new();
        let before = GitParts::look_at(&place.root, MAX_FOLDERS);
        place.repository(folder);
        place.write(&format!("{folder}/config"), settings);
        if folder.starts_with(".git/") {
            // Without it there is no repository for git.
            place.repository(".git");
        }
        if folder.contains("worktrees") {
            place.write(&format!("{folder}/config.worktree"), settings);
        }
        let taken = place.taken_back(&before);
        assert!(!taken.is_empty(), "{folder}");
        let left = fs::read_to_string(place.root.join(folder).join("config")).unwrap();
        assert_eq!(left, "[core]\n\t# fsmonitor = evil\n", "{folder}");
    }
}

#[test]
fn a_pointer_is_followed_to_where_it_leads() {
    for is_link in [false, true] {
        let place = Place::new();
        place.repository(".git");
        let before = GitParts::look_at(&place.root, MAX_FOLDERS);
        let hidden = ".git/objects/hidden";
        place.write(&format!("{hidden}/config"), "[core]\n\tfsmonitor = evil\n");
        fs::create_dir(place.root.join("sub")).unwrap();
        if is_link {
            symlink("../.git/objects/hidden", place.root.join("sub/.git")).unwrap();
        } else {
            place.write("sub/.git", "gitdir: ../.git/objects/hidden\n");
        }
        place.check_taken(&before, &format!("{hidden}/config"));
    }
}

#[test]
fn what_was_there_before_and_what_is_usual_stays() {
    let place = Place::new();
    place.repository("theirs/.git");
    place.write("theirs/.git/config", "[core]\n\tfsmonitor = mine\n");
    place.hook("theirs/.git/hooks/pre-push");
    place.repository(".git");
    let before = GitParts::look_at(&place.root, MAX_FOLDERS);
    let more = "[core]\n\tfsmonitor = mine\n[remote \"o\"]\n\turl = https://example.org/x\n";
    place.write("theirs/.git/config", more);
    place.write(".git/worktrees/side/commondir", "../..\n");
    place.write(".git/worktrees/side/HEAD", "ref: refs/heads/side\n");
    place.write("theirs/.git/hooks/post-merge", "not to be run\n");
    assert_eq!(place.taken_back(&before), [""; 0]);
    assert_eq!(fs::read_to_string(place.root.join("theirs/.git/config")).unwrap(), more);
}

#[test]
fn a_hook_that_stood_there_is_put_back() {
    let place = Place::new();
    place.repository("theirs/.git");
    let hook = "theirs/.git/hooks/pre-push";
    place.hook(hook);
    place.write(hook, "mine\n");
    let before = GitParts::look_at(&place.root, MAX_FOLDERS);
    place.write(hook, "evil\n");
    place.check_taken(&before, hook);
    let path: &Path = &place.root.join(hook);
    assert_eq!(fs::read_to_string(path).unwrap(), "mine\n");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn no_number_of_other_files_hides_a_hook() {
    let place = Place::new();
    place.repository(".git");
    let before = GitParts::look_at(&place.root, MAX_FOLDERS);
    for number in 0..1000 {
        place.hook(&format!(".git/hooks/z{number}"));
    }
    place.hook(".git/hooks/pre-commit");
    place.check_taken(&before, ".git/hooks/pre-commit");
    assert!(place.root.join(".git/hooks/z7").exists(), "git runs no hook of that name");
}

#[test]
fn what_a_person_set_outlives_what_a_command_put_beside_it() {
    let place = Place::new();
    let config = "theirs/.git/config";
    place.repository("theirs/.git");
    place.write(config, "[core]\n\thooksPath = mine\n[user]\n\tname = N\n");
    let before = GitParts::look_at(&place.root, MAX_FOLDERS);
    place.write(config, "[core]\n\thooksPath = evil\n[user]\n\tname = N\n\temail = e@e\n");
    place.check_taken(&before, config);
    assert_eq!(
        fs::read_to_string(place.root.join(config)).unwrap(),
        "[core]\n\t# hooksPath = evil\n\thooksPath = mine\n[user]\n\tname = N\n\temail = e@e\n"
    );
}

#[test]
fn folders_that_programs_fill_and_wide_ones_are_looked_at_last() {
    let place = Place::new();
    place.repository("deep/er/than/that/repo/.git");
    for number in 0..1_100 {
        fs::create_dir_all(place.root.join(format!("wide/a{number}/b"))).unwrap();
        fs::create_dir_all(place.root.join(format!("node_modules/c{number}"))).unwrap();
    }
    let before = GitParts::look_at(&place.root, 100);
    assert!(before.is_cut());
    let config = "deep/er/than/that/repo/.git/config";
    place.write(config, "[core]\n\tfsmonitor = evil\n");
    place.check_taken(&before, config);
    let whole = GitParts::look_at(&place.root, 5_000);
    assert!(!whole.is_cut());
    place.repository("wide/a1099/b/new/.git");
    place.hook("wide/a1099/b/new/.git/hooks/pre-push");
    place.check_taken(&whole, "wide/a1099/b/new/.git/hooks/pre-push");
}

#[test]
fn what_is_known_is_looked_at_again_whatever_comes_before_it() {
    let place = Place::new();
    place.repository("deep/er/repo/.git");
    place.repository("deep/er/bare");
    place.repository("elsewhere");
    place.write("deep/er/tree/.git", "gitdir: ../../../elsewhere\n");
    let look = || GitParts::look_at(&place.root, 60);
    let before = look();
    let is_told = |what: &String| what.contains("ends at 60 folders");
    assert!(!place.taken_back(&before).iter().any(is_told));
    for number in 0..80 {
        fs::create_dir(place.root.join(format!("a{number}"))).unwrap();
    }
    for path in ["deep/er/repo/.git/config", "deep/er/bare/config"] {
        place.write(path, "[core]\n\tfsmonitor = evil\n");
        place.check_taken(&before, path);
    }
    place.write("hidden/config", "[core]\n\tfsmonitor = evil\n");
    place.write("deep/er/tree/.git", "gitdir: ../../../hidden\n");
    place.check_taken(&before, "hidden/config");
    assert_eq!(place.taken_back(&before).iter().filter(|it| is_told(it)).count(), 1);
    let cut_before = look();
    assert_eq!(place.taken_back(&cut_before), [""; 0], "it was so before");
}
