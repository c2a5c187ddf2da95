//! The teacher's last step: what it found is worth having also where it may not go on.
//!
//! A takeover has a number of steps and an amount of money. Before the step after which neither
//! leaves another one, the teacher is told to answer with what it has. So a paid answer is never
//! lost, and no call is made that the next one would be needed for.

use serde::{Deserialize, Serialize};

use super::{Actor, Machine, Out, Step, batch::Batch};
use crate::{
    detect::Ending,
    event::Event,
    ledger::{Balance, Rate, worst_case},
    message::{Message, ModelRequest, Origin, ToolCall, Usage},
    thinking::without_thinking,
    tool::{ResultKind, ToolResult},
};

/// How the teacher begins an answer to work that it could not finish.
const NOT_DONE: &str = "NOT DONE";

/// Tokens that the results of one step are assumed to have, where the next one has to be paid.
const RESULT_TOKENS: u64 = 4_000;

/// Tokens of a last reply that are worth their money; of a model with short ones, a quarter of one.
const LEAST_REPLY: u32 = 500;

/// What leaves the teacher no further step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Limit {
    /// `teacher.max_turns`.
    Steps,
    /// `teacher.max_cost_usd`, or what the run or the day may cost.
    Money,
}

impl Machine {
    /// Tells the teacher that its coming step is the last one, where that is so. A takeover whose
    /// very first step is the last one begins as any other.
    pub(super) fn note_last_step(&mut self, out: &mut Out) {
        let max_steps = self.setup.teacher.max_steps;
        let Some(teacher) = &self.teacher else { return };
        if teacher.n_steps == 0 || teacher.last_step.is_some() {
            return;
        }
        let limit = if teacher.n_steps + 1 >= max_steps {
            Limit::Steps
        } else if self.pays_one_more_call_only(&teacher.messages) {
            Limit::Money
        } else {
            return;
        };
        self.attempt_mut(Actor::Teacher).last_step = Some(limit);
        out.teacher = true;
        let what = match limit {
            Limit::Steps => "It is the last step that the takeover has (`teacher.max_turns`)",
            Limit::Money => "The takeover has money for one more step (`teacher.max_cost_usd`)",
        };
        out.emit(Event::ToolLog {
            tool: "system".to_owned(),
            log: format!("{what}; the teacher is told to answer."),
        });
        let content = format!(
            "[guard] This is your last step, and no call of it is run. Answer the person now with \
             what you have done and found. If the request is not done, begin with the words \
             {NOT_DONE}, and say what is left to do and how."
        );
        self.push(Actor::Teacher, vec![Message::User { content, origin: Origin::Guard }], out);
    }

    fn pays_one_more_call_only(&self, messages: &[Message]) -> bool {
        let Rate::Known(price) = self.rate(Actor::Teacher) else { return false };
        let request = ModelRequest {
            messages: messages.to_vec(),
            tools: self.offered_tools(Actor::Teacher),
            max_tokens: None,
        };
        let next = worst_case(&request, self.room(Actor::Teacher).reply);
        let grown = next.completion_tokens + RESULT_TOKENS;
        let after = Usage { prompt_tokens: next.prompt_tokens + grown, ..next };
        let (next, after) = (price.cost(next), price.cost(after));
        let left = self.left_in_takeover().iter().map(Balance::left).min().unwrap_or_default();
        if next > left { self.affordable_reply(&request).is_some() } else { left < next + after }
    }

    /// Returns how many tokens the teacher's last reply may have with the money that is left.
    /// `None`: what it costs is no matter, or there is too little for any.
    pub(super) fn affordable_reply(&self, request: &ModelRequest) -> Option<u32> {
        let Rate::Known(price) = self.rate(Actor::Teacher) else { return None };
        let left = self.left_in_takeover().iter().map(Balance::left).min()?;
        let prompt_tokens = worst_case(request, 0).prompt_tokens;
        let fits = |reply: u32| {
            price.cost(Usage { prompt_tokens, completion_tokens: u64::from(reply) }) <= left
        };
        let most = self.room(Actor::Teacher).reply;
        let (mut low, mut high) = ((most / 4).clamp(1, LEAST_REPLY), most);
        if !fits(low) {
            return None;
        }
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Some(low)
    }

    /// Returns the step after the teacher's last reply, if it could not finish its work; `None`:
    /// it answered as at any other step.
    pub(super) fn stop_at_limit(&mut self, calls: &[ToolCall], out: &mut Out) -> Option<Step> {
        let teacher = self.teacher.as_ref()?;
        let limit = teacher.last_step?;
        let is_done = calls.is_empty() && !says_not_done(&teacher.answer);
        if is_done {
            return None;
        }
        if !calls.is_empty() {
            let text = "This was the last step, so the call was not run.";
            let result = ToolResult::not_run(ResultKind::Cancelled, text);
            let mut batch = Batch::refused(calls.to_vec(), &result);
            batch.announce(out);
            batch.show_results(out);
            self.keep_results(Actor::Teacher, batch, out);
        }
        let (stop_reason, reason) = match limit {
            Limit::Steps => (
                Ending::MaxIterations.name(),
                "The teacher ran out of steps (`teacher.max_turns`). What it found is its answer.",
            ),
            Limit::Money => (
                "budget",
                "The teacher ran out of money (`teacher.max_cost_usd`). What it found is its \
                 answer.",
            ),
        };
        let answer = self.keep_teachers_answer(out).or_else(|| self.student.final_answer());
        let (reason, class) = (reason.to_owned(), "limit".to_owned());
        out.emit(Event::EscalationFailed { reason, class });
        Some(self.complete_turn(answer, stop_reason, out))
    }
}

/// Returns whether the teacher says that it could not finish its work. In capitals these words say
/// nothing else; otherwise they have to stand alone, or with "yet".
pub(super) fn says_not_done(answer: &str) -> bool {
    let answer = without_thinking(answer).trim_start_matches(|it: char| !it.is_alphanumeric());
    let Some((words, rest)) = answer.split_at_checked(NOT_DONE.len()) else { return false };
    let next = rest.trim_start_matches(['*', '_', '`']).chars().next();
    let stands_alone = next.is_none_or(|it| !it.is_alphanumeric() && it != ' ');
    words == NOT_DONE
        || words.eq_ignore_ascii_case(NOT_DONE)
            && (stands_alone || rest.trim_start().to_lowercase().starts_with("yet"))
}
