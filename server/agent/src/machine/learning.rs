//! What comes of a failure: the teacher's lesson, checked by the linter, mended once, proposed.

use serde::{Deserialize, Serialize};

use super::{Actor, Machine, Out, Purpose, State, Step};
use crate::{
    clip::clip_middle,
    distill::{Distillation, DistilledSkill, read_distillation},
    event::{Event, Finding, StateRecord, ViewPart},
    message::{Message, ModelReply, ModelRequest},
    prompt::lesson::{AttemptTrace, Material, lesson_messages, repair_message, unreadable_message},
    skill_list::refused_for,
    thinking::without_thinking,
};

/// How much of an answer that cannot be read the teacher is shown again, in characters.
const ANSWER_CHARS: usize = 16_000;

/// A lesson that is being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lesson {
    messages: Vec<Message>,
    /// The first draft, while the teacher mends it.
    first: Option<Draft>,
    /// Whether the teacher was asked to mend its answer: that is done once.
    #[serde(default)]
    is_mended: bool,
}

/// A skill and what the linter says about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Draft {
    skill: DistilledSkill,
    findings: Vec<Finding>,
}

impl Draft {
    /// How much is wrong with it: errors, then warnings.
    fn weight(&self) -> (usize, usize) {
        let count = |severity| self.findings.iter().filter(|it| it.severity == severity).count();
        (count("error"), count("warning"))
    }
}

impl Machine {
    /// The teacher writes down what it did and the student did not.
    pub(super) fn learn(&mut self, out: &mut Out) -> Step {
        out.teacher = true;
        out.emit(Event::Processing { message: "The teacher writes down what worked.".to_owned() });
        self.write_lesson(out)
    }

    /// The teacher writes a skill without having run anything, unless it has solved the request.
    pub(super) fn ask_for_skill(&mut self, out: &mut Out) -> Step {
        if let Some(step) = self.ask_about_price(Actor::Teacher, Purpose::Distill, out) {
            return step;
        }
        self.purse.ledger.begin_takeover();
        out.teacher = true;
        out.emit(Event::Processing { message: "The teacher writes a skill.".to_owned() });
        self.write_lesson(out)
    }

    fn write_lesson(&mut self, out: &mut Out) -> Step {
        let names: Vec<String> = self.setup.tools.iter().map(|tool| tool.name.clone()).collect();
        let failed = self.failed_attempt();
        let teacher = self.teacher.as_ref().filter(|teacher| teacher.has_succeeded);
        let messages = lesson_messages(Material {
            request: &self.request,
            failure: &failed.meaning,
            student: AttemptTrace { calls: &self.student.calls, answer: &self.student.answer },
            teacher: teacher.map(|it| AttemptTrace { calls: &it.calls, answer: &it.answer }),
            tool_names: &names,
            refused: &refused_for(&self.refused, &self.request),
            nonce: &self.setup.nonce,
            redaction: &self.setup.redaction,
        });
        self.ask_teacher(Lesson { messages, first: None, is_mended: false }, out)
    }

    fn ask_teacher(&mut self, lesson: Lesson, out: &mut Out) -> Step {
        let messages = lesson.messages.clone();
        let (part, view) = (ViewPart::Lesson, messages.clone());
        out.emit(Event::State(StateRecord::TeachersView { part, messages: view }));
        self.state = State::Distilling(lesson);
        Step::CallModel {
            actor: Actor::Teacher,
            purpose: Purpose::Distill,
            request: ModelRequest { messages, tools: Vec::new(), max_tokens: None },
        }
    }

    /// The teacher answered.
    pub(super) fn distilled(&mut self, lesson: Lesson, reply: &ModelReply, out: &mut Out) -> Step {
        match read_distillation(&reply.content) {
            Distillation::Skill(skill) => {
                self.state = State::Checking(lesson, skill.clone());
                Step::CheckDraft(skill)
            }
            Distillation::Declined => self.lesson_broke(
                lesson,
                "the teacher says that no general procedure would help here (NO_SKILL)".to_owned(),
                out,
            ),
            Distillation::Unusable(reason) if lesson.is_mended => {
                self.lesson_broke(lesson, reason, out)
            }
            Distillation::Unusable(reason) => {
                let answer = clip_middle(without_thinking(&reply.content).trim(), ANSWER_CHARS);
                // Servers refuse an empty message.
                let answer = if answer.is_empty() { "(no answer)".to_owned() } else { answer };
                let complaint = unreadable_message(&reason, &self.setup.nonce);
                let what = "The teacher mends its answer, which could not be read as a skill.";
                self.mend(lesson, answer, complaint, what, out)
            }
        }
    }

    /// The teacher is asked once to answer again, with what is wrong with its first answer.
    fn mend(
        &mut self,
        mut lesson: Lesson,
        answer: String,
        complaint: Message,
        what: &str,
        out: &mut Out,
    ) -> Step {
        out.teacher = true;
        out.emit(Event::Processing { message: what.to_owned() });
        lesson.is_mended = true;
        lesson.messages.push(Message::Assistant {
            content: answer,
            thinking: None,
            tool_calls: Vec::new(),
        });
        lesson.messages.push(complaint);
        self.ask_teacher(lesson, out)
    }

    /// The linter looked at a draft. The teacher mends it once; the better of both is proposed.
    /// Errors and warnings are worth a paid answer. Hints alone are not: the person sees them in the
    /// proposal. Where the teacher mends its draft anyway, it is told of them too.
    pub(super) fn draft_checked(
        &mut self,
        lesson: Lesson,
        skill: DistilledSkill,
        findings: Vec<Finding>,
        out: &mut Out,
    ) -> Step {
        let draft = Draft { skill, findings };
        if let Some(first) = lesson.first {
            let better = if draft.weight() <= first.weight() { draft } else { first };
            return self.propose(better.skill);
        }
        if draft.weight() == (0, 0) || lesson.is_mended {
            return self.propose(draft.skill);
        }
        let complaint = repair_message(&draft.findings, &self.setup.nonce);
        let answer = draft.skill.to_json();
        let what = "The teacher mends what the linter found in the skill.";
        self.mend(Lesson { first: Some(draft), ..lesson }, answer, complaint, what, out)
    }

    /// The teacher gave no skill. A draft that it did not mend is proposed as it is: it was paid
    /// for, and the person sees what the linter found in it.
    pub(super) fn lesson_broke(&mut self, lesson: Lesson, reason: String, out: &mut Out) -> Step {
        match lesson.first {
            Some(draft) => {
                out.teacher = true;
                out.emit(Event::ToolLog {
                    tool: "system".to_owned(),
                    log: format!("The teacher did not mend its skill: {reason}."),
                });
                self.propose(draft.skill)
            }
            None => save_failed(reason, out),
        }
    }

    fn propose(&mut self, skill: DistilledSkill) -> Step {
        self.state = State::Proposing;
        Step::Propose(skill)
    }
}

pub(super) fn save_failed(reason: String, out: &mut Out) -> Step {
    out.teacher = true;
    out.emit(Event::SkillSaveFailed { reason });
    Step::Rest
}
