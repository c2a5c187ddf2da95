//! Whether the teacher may come in after a failed attempt, and if not, why.

use serde::{Deserialize, Serialize};

/// When the teacher comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverMode {
    /// At once, visibly.
    Takeover,
    /// After a person was asked.
    Ask,
    /// Only with a skill.
    Propose,
    /// Never.
    Off,
}

/// What the gates look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherPolicy {
    /// Whether the teacher may be used at all.
    pub enabled: bool,
    /// Its name; blank: none is configured.
    pub model: String,
    /// When it comes in.
    pub mode: TakeoverMode,
    /// Whether only students on self-hosted servers are helped.
    pub self_hosted_only: bool,
    /// Takeovers in one run.
    pub per_run: u32,
    /// Model calls of one takeover.
    pub max_steps: u32,
}

/// What stopped a takeover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// No model is named.
    NoModel,
    /// The teacher is switched off.
    Disabled,
    /// The mode lets it take over only by hand, or not at all.
    Mode(TakeoverMode),
    /// The student runs in a cloud.
    Scope,
    /// The run has had its share.
    PerRun(u32),
    /// A chat has no tools and no teacher.
    ChatMode,
}

impl Gate {
    /// Returns why the teacher did not come in and what to do about it, as one sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::NoModel => {
                "No teacher took over: `teacher.model` names none. Set it (and `teacher.base_url`) to have one.".to_owned()
            }
            Self::Disabled => {
                "No teacher took over: `teacher.enabled` is false. Set it to true to have one.".to_owned()
            }
            Self::Mode(TakeoverMode::Off) => {
                "No teacher took over: `teacher.mode` is \"off\".".to_owned()
            }
            Self::Mode(mode) => format!(
                "No teacher took over: `teacher.mode` is \"{}\". Set it to \"takeover\" to have it come in at once.",
                match mode {
                    TakeoverMode::Ask => "ask",
                    TakeoverMode::Propose => "propose",
                    TakeoverMode::Takeover => "takeover",
                    TakeoverMode::Off => "off",
                }
            ),
            Self::Scope => {
                "No teacher took over: the student is no self-hosted model and `teacher.scope` is \"self_hosted_only\".".to_owned()
            }
            Self::PerRun(limit) => format!(
                "No teacher took over: it has already done so {limit} times in this run (`teacher.per_run`). Start a new run, or raise the limit."
            ),
            Self::ChatMode => {
                "No teacher took over: a chat has no tools. Ask in agent mode to have one.".to_owned()
            }
        }
    }
}

impl TeacherPolicy {
    /// Checks every gate; operational errors never get here.
    ///
    /// # Errors
    /// The first gate that is closed.
    pub fn check(
        &self,
        n_takeovers: u32,
        student_is_self_hosted: bool,
        is_chat: bool,
    ) -> Result<(), Gate> {
        if is_chat {
            return Err(Gate::ChatMode);
        }
        if !self.enabled {
            return Err(Gate::Disabled);
        }
        if self.model.trim().is_empty() {
            return Err(Gate::NoModel);
        }
        if self.mode != TakeoverMode::Takeover {
            return Err(Gate::Mode(self.mode));
        }
        if self.self_hosted_only && !student_is_self_hosted {
            return Err(Gate::Scope);
        }
        if n_takeovers >= self.per_run {
            return Err(Gate::PerRun(self.per_run));
        }
        Ok(())
    }
}

/// Hosts of clouds, matched with their subdomains.
const CLOUD_HOSTS: [&str; 19] = [
    "openai.com",
    "openai.azure.com",
    "anthropic.com",
    "deepseek.com",
    "mistral.ai",
    "cohere.com",
    "cohere.ai",
    "together.xyz",
    "together.ai",
    "fireworks.ai",
    "perplexity.ai",
    "x.ai",
    "googleapis.com",
    "amazonaws.com",
    "groq.com",
    "openrouter.ai",
    "ollama.com",
    "venice.ai",
    "cerebras.ai",
];

/// Returns whether a host is nobody's cloud that we know of. Unknown hosts count as self-hosted.
pub fn is_self_hosted(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !CLOUD_HOSTS.iter().any(|cloud| {
        host.strip_suffix(cloud).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::{Gate, TakeoverMode, TeacherPolicy, is_self_hosted};

    fn policy() -> TeacherPolicy {
        TeacherPolicy {
            enabled: true,
            model: "teacher".to_owned(),
            mode: TakeoverMode::Takeover,
            self_hosted_only: false,
            per_run: 3,
            max_steps: 30,
        }
    }

    #[test]
    fn each_gate_closes_alone() {
        assert_eq!(policy().check(0, false, false), Ok(()));
        assert_eq!(policy().check(2, true, false), Ok(()));
        assert_eq!(policy().check(3, true, false), Err(Gate::PerRun(3)));
        assert_eq!(policy().check(0, true, true), Err(Gate::ChatMode));
        let closed = TeacherPolicy { enabled: false, ..policy() };
        assert_eq!(closed.check(0, true, false), Err(Gate::Disabled));
        let closed = TeacherPolicy { model: " ".to_owned(), ..policy() };
        assert_eq!(closed.check(0, true, false), Err(Gate::NoModel));
        let closed = TeacherPolicy { mode: TakeoverMode::Ask, ..policy() };
        assert_eq!(closed.check(0, true, false), Err(Gate::Mode(TakeoverMode::Ask)));
        let closed = TeacherPolicy { self_hosted_only: true, ..policy() };
        assert_eq!(closed.check(0, false, false), Err(Gate::Scope));
        assert_eq!(closed.check(0, true, false), Ok(()));
    }

    #[test]
    fn clouds_are_matched_with_their_subdomains_only() {
        for host in ["api.openai.com", "eu.api.openai.com", "OPENAI.com.", "x.openai.azure.com"] {
            assert!(!is_self_hosted(host), "{host}");
        }
        for host in ["127.0.0.1", "gpu.lan", "notopenai.com", "openai.com.lan", "box.ai"] {
            assert!(is_self_hosted(host), "{host}");
        }
    }
}
