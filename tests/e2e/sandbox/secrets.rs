//! Secrets in folders that commands read.

use std::{fs, sync::Arc};

use runtime::{
    config::{self, Config},
    editor::NoEditor,
    folders::Folders,
    sandbox::{Layer, Sandbox},
    tools::{Confinement, Toolbox},
    workspace::Workspace,
};
use serde_json::json;

use super::Cell;

#[tokio::test]
async fn secrets_among_what_is_read_stay_secret_without_mounts() {
    let cell = Cell::without_name_spaces().await;
    let home = cell.dir.path().canonicalize().unwrap().join("home");
    for file in [".cargo/bin/tool", ".cargo/credentials.toml", ".config/git/credentials"] {
        fs::create_dir_all(home.join(file).parent().unwrap()).unwrap();
        fs::write(home.join(file), "kept\n").unwrap();
    }
    let config = Config::merged([&config::Layer::from_json(
        "test",
        json!({"sandbox": {"home_folders": [".cargo", ".config/git"]}}),
    )
    .unwrap()])
    .unwrap();
    let sandbox = Sandbox::with_program(env!("CARGO_BIN_EXE_preceptor").into());
    let mut ability = sandbox.ability().await.clone();
    ability.layers.retain(|it| cell.layers.contains(it));
    let folders = Arc::new(Folders { home: home.clone(), ..(*cell.folders).clone() });
    let toolbox = Toolbox::new(
        Workspace::open(&cell.path(".").canonicalize().unwrap(), &folders, Arc::new(NoEditor))
            .unwrap(),
        folders,
        Arc::new(config),
        Vec::new(),
        &cell.dir.path().join("run"),
        Some(Confinement::new(sandbox, ability)),
    );
    let cell = Cell { toolbox: Arc::new(toolbox), ..cell };
    if !cell.has(Layer::LandlockFiles) {
        return;
    }
    let home = home.display();
    assert_eq!(cell.run(&format!("cat {home}/.cargo/bin/tool")).await.output, "exit code: 0\nkept");
    for secret in [
        format!("{home}/.cargo/credentials.toml"),
        format!("{home}/.config/git/credentials"),
        "/etc/shadow".to_owned(),
    ] {
        let result = cell.run(&format!("cat {secret}")).await;
        assert_eq!(result.exit_code, Some(1), "{secret}: {}", result.output);
        assert!(!result.output.contains("kept"), "{secret}: {}", result.output);
    }
    let listed = cell.run("ls /etc/hostname /etc/passwd && head -c 4 /etc/passwd").await;
    assert_eq!(listed.exit_code, Some(0), "{}", listed.output);
}

#[tokio::test]
async fn secrets_are_hidden_also_where_the_home_is_the_workspace() {
    let cell = Cell::new().await;
    let home = cell.path(".");
    for file in [".ssh/id_ed25519", ".aws/credentials", ".netrc"] {
        fs::create_dir_all(home.join(file).parent().unwrap()).unwrap();
        fs::write(home.join(file), "s3cret").unwrap();
    }
    let sandbox = Sandbox::with_program(env!("CARGO_BIN_EXE_preceptor").into());
    let ability = sandbox.ability().await.clone();
    let root = home.canonicalize().unwrap();
    let folders = Arc::new(Folders { home: root.clone(), ..(*cell.folders).clone() });
    let toolbox = Toolbox::new(
        Workspace::open(&root, &folders, Arc::new(NoEditor)).unwrap(),
        folders,
        Arc::new(Config::default()),
        Vec::new(),
        &cell.dir.path().join("run"),
        Some(Confinement::new(sandbox, ability)),
    );
    let cell = Cell { toolbox: Arc::new(toolbox), ..cell };
    if cell.has(Layer::MountNamespace) {
        let result = cell.run("cat .ssh/id_ed25519 .aws/credentials .netrc; ls .ssh; true").await;
        assert!(!result.output.contains("s3cret"), "{}", result.output);
        assert!(!result.output.contains("id_ed25519\n"), "{}", result.output);
        let result = cell.run("mv .ssh other; cat other/id_ed25519").await;
        assert!(!result.output.contains("s3cret"), "{}", result.output);
    }
}
