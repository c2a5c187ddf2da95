//! Why a call is asked about, for the person who is asked.
//!
//! What is to blame is what the call would run without: each cause is taken away in turn, and the
//! call is judged once more.

use super::{Decision, Mode, Policy, Rule, access};
use crate::tool::{Access, PreparedCall};

impl Policy {
    /// Returns why a call that costs nothing is asked about, as a clause.
    pub(super) fn why_asked(&self, call: &PreparedCall, workspace: &str) -> String {
        let runs_with = |policy: &Self| policy.decide(call, workspace) == Decision::Allow;
        if let Some(gaps) = &self.gaps {
            let as_set = Self { mode: Mode::Full, gaps: None, ..self.clone() };
            return if runs_with(&Self { is_unconfined: false, ..as_set.clone() }) {
                format!("this machine cannot enforce the whole sandbox: {gaps}")
            } else {
                as_set.why_asked(call, workspace)
            };
        }
        let without = |decision: Decision| {
            let rules = self.rules.iter().filter(|rule| rule.decision != decision);
            let rules: Vec<Rule> = rules.cloned().collect();
            Self { rules, ..self.clone() }
        };
        if self.is_unconfined && runs_with(&Self { is_unconfined: false, ..self.clone() }) {
            return "nothing here keeps it from what git runs or from what Preceptor keeps, and it \
                    names one of them"
                .to_owned();
        }
        if runs_with(&without(Decision::Ask)) {
            return "a rule in `approval.rules` asks".to_owned();
        }
        if runs_with(&without(Decision::Deny)) {
            return "it may do what a rule in `approval.rules` refuses".to_owned();
        }
        match (self.mode, access(call)) {
            (Mode::Ask, _) => "`approval.mode` is \"ask\"".to_owned(),
            (Mode::Edits, Access::Edit) => {
                "`approval.mode` is \"edits\", which is for files of the workspace that nothing runs"
                    .to_owned()
            }
            (Mode::Edits, _) => "`approval.mode` is \"edits\"".to_owned(),
            (Mode::Full, _) => "a rule in `approval.rules` asks".to_owned(),
        }
    }
}
