//! A signal as a person reads it.

use super::{Signal, SignalKind};

impl Signal {
    /// Returns what was seen, in words that can stand by themselves: of what the model said, also
    /// why that counts.
    pub fn sentence(&self) -> String {
        let quotes = matches!(
            self.kind,
            SignalKind::AnnouncedNotDone
                | SignalKind::AsksBack
                | SignalKind::Corrected
                | SignalKind::GiveUp
                | SignalKind::HandedOver
        );
        if quotes {
            format!("{}: \u{201c}{}\u{201d}", self.kind.meaning(), self.evidence)
        } else {
            self.evidence.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::{Signal, SignalKind};

    #[test]
    fn what_the_model_said_stands_with_what_it_means() {
        let sentence = |kind, evidence: &str| {
            Signal { kind, evidence: evidence.to_owned(), confidence: 0.6, recovered: false }
                .sentence()
        };
        assert_eq!(
            sentence(SignalKind::AnnouncedNotDone, "I'll now read it."),
            "it announced a step and did not take it: \u{201c}I'll now read it.\u{201d}"
        );
        assert_eq!(
            sentence(SignalKind::ExitCode, "`bash` ended with exit code 1"),
            "`bash` ended with exit code 1"
        );
    }
}
