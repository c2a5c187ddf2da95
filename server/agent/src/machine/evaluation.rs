//! The second tier of failure detection: a model is asked about an attempt that is unclear.
//!
//! It is asked only where the answer decides whether the teacher comes in. No answer, one of
//! another form and one that could not be paid for leave the attempt unclear; they never make a
//! failure of it.

use serde::{Deserialize, Serialize};

use super::{Actor, Input, Machine, Out, Purpose, State, Step};
use crate::{
    detect::{Judgement, SelfEvaluation, Verdict, read_evaluation},
    event::Event,
    machine::same_failure::failure_keys,
    message::ModelRequest,
    prompt::evaluation::evaluation_messages,
};

/// An attempt of the student's that a model is asked about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Unclear {
    judgement: Judgement,
    stop_reason: String,
}

impl Machine {
    /// Asks a model about an attempt that the first tier is unsure about; `None`: nobody is asked.
    pub(super) fn evaluate(
        &mut self,
        judgement: &Judgement,
        stop_reason: &str,
        out: &mut Out,
    ) -> Option<Step> {
        // What no model can help needs no second opinion: it must not bring the teacher in.
        let may_ask = judgement.verdict == Verdict::Unsure
            && self.setup.teacher.judges_unclear
            && judgement.lack.is_none();
        let keys = failure_keys(&self.request, judgement, &self.student.calls);
        if !may_ask || self.check_gates(keys.first()).is_err() {
            return None;
        }
        out.emit(Event::ToolLog {
            tool: "system".to_owned(),
            log: "It is unclear whether the request is done; a model is asked about it.".to_owned(),
        });
        let messages = evaluation_messages(
            &self.request,
            &self.student.calls,
            &self.student.answer,
            &self.setup.nonce,
            &self.setup.redaction,
        );
        let stop_reason = stop_reason.to_owned();
        self.state = State::Evaluating(Unclear { judgement: judgement.clone(), stop_reason });
        Some(Step::CallModel {
            actor: Actor::Student,
            purpose: Purpose::Evaluate,
            request: ModelRequest { messages, tools: Vec::new(), max_tokens: None },
        })
    }

    /// The model has answered, or did not.
    pub(super) fn evaluated(&mut self, unclear: Unclear, input: &Input, out: &mut Out) -> Step {
        let Unclear { judgement, stop_reason } = unclear;
        let judgement = match input {
            Input::Replied(reply) => match read_evaluation(&reply.content) {
                Some(said) => {
                    if said == SelfEvaluation::Failed {
                        out.emit(Event::Signal(said.signal()));
                    }
                    judgement.with_evaluation(said)
                }
                None => judgement,
            },
            Input::Cancelled { .. } => {
                Self::tell_verdict(&judgement, None, out);
                out.emit(Event::Interrupted {});
                return Step::Rest;
            }
            _ => judgement,
        };
        self.judged(&judgement, &stop_reason, out)
    }
}
