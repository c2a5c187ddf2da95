//! What a command does to files without writing them: modes, owners, times.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use runtime::sandbox::Layer;

use super::Cell;

#[tokio::test]
async fn modes_owners_and_times_outside_stay_as_they_are() {
    let cell = Cell::new().await;
    if !cell.has(Layer::MountNamespace) {
        return;
    }
    let beside = cell.dir.path().join("beside");
    fs::write(&beside, "precious").unwrap();
    let state = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.mode(), metadata.uid(), metadata.mtime())
    };
    let places = [beside.as_path(), Path::new("/etc/hostname"), Path::new("/usr")];
    let before = places.map(state);
    for place in places.map(|place| place.display().to_string()) {
        for attempt in ["chmod u+s", "chown 1", "touch -d 2000-01-01", "setfattr -n user.x -v y"] {
            let result = cell.run(&format!("{attempt} {place}")).await;
            // Of the temporary folder it has its own.
            let is_own = beside.starts_with("/tmp") && place.starts_with("/tmp");
            let is_refused = result.exit_code != Some(0);
            assert!(is_refused || is_own, "{attempt} {place}: {}", result.output);
        }
    }
    assert_eq!(places.map(state), before);
    let inside =
        "touch a && chmod 700 a && touch -d 2000-01-01 a && touch /tmp/b && chmod 7 /tmp/b";
    let result = cell.run(inside).await;
    assert_eq!(result.exit_code, Some(0), "{}", result.output);
}
