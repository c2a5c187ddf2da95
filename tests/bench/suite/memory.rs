//! How much memory a process has.

use std::fs;

use anyhow::Context;

/// Memory of a process, in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// What is in the machine's memory now.
    pub(crate) resident: f64,
    /// The most that ever was.
    pub(crate) peak: f64,
}

impl Memory {
    /// Asks the system; only Linux tells.
    pub(crate) fn of(process_id: u32) -> anyhow::Result<Self> {
        let path = format!("/proc/{process_id}/status");
        let status = fs::read_to_string(&path)
            .with_context(|| format!("reading {path}, which only Linux has"))?;
        let amount = |name: &str| {
            let kibibytes =
                status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB"));
            let kibibytes = kibibytes.with_context(|| format!("{path} has no {name}"))?;
            Ok::<_, anyhow::Error>(kibibytes.trim().parse::<f64>()? / 1024.0)
        };
        Ok(Self { resident: amount("VmRSS:")?, peak: amount("VmHWM:")? })
    }
}
