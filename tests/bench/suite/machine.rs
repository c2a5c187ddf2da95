//! The machine in one line, as far as it tells.

use std::{env, fs, thread};

/// Returns processor, memory, system and build profile.
pub(crate) fn machine() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "processor".to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|it| it.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(String::new, |it| format!(", {} GiB", it.div_ceil(1024 * 1024)));
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!(
        "machine: {processor} × {cores}{memory}, {} {} {}; {profile} build",
        env::consts::OS,
        env::consts::ARCH,
        system.trim()
    )
}

/// Returns how busy the machine has been in the last minute: the mean number of processes that
/// ran or wanted to.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|it| !it.is_empty()).unwrap_or("unknown").to_owned()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
