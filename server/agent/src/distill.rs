//! Reading the skill that the teacher distilled from its own attempt.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The teacher's word for "this taught nothing that could be saved".
const DECLINED: &str = "NO_SKILL";

/// A skill as the teacher wrote it. What it claims about itself (source, status, confidence) is
/// not part of it: the server knows better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistilledSkill {
    /// Not yet made to fit the format.
    pub name: String,
    /// One line.
    pub description: String,
    /// When to use it.
    pub when_to_use: String,
    /// The steps.
    pub procedure: Vec<String>,
    /// What goes wrong; may be empty.
    pub pitfalls: Vec<String>,
    /// How to see that it worked; may be empty.
    pub verification: Vec<String>,
    /// One word; `general` if there is none.
    pub category: String,
}

impl DistilledSkill {
    /// Returns the skill as the teacher is to write it.
    pub(crate) fn to_json(&self) -> String {
        let skill = json!({
            "action": "add",
            "name": self.name,
            "description": self.description,
            "when_to_use": self.when_to_use,
            "procedure": self.procedure,
            "pitfalls": self.pitfalls,
            "verification": self.verification,
            "category": self.category,
        });
        skill.to_string()
    }
}

/// What the teacher's distillation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distillation {
    /// A skill.
    Skill(DistilledSkill),
    /// The teacher declined.
    Declined,
    /// The answer cannot be used; the sentence says why.
    Unusable(String),
}

/// Reads the teacher's answer: a JSON object, bare or in a fence, or `NO_SKILL` alone.
pub fn read_distillation(answer: &str) -> Distillation {
    let answer = answer.trim();
    if answer.trim_matches(['`', '*', '.', '"', '\'']).trim() == DECLINED {
        return Distillation::Declined;
    }
    let candidates = json_objects(answer);
    // An example may stand before the real one: the last object with the right keys is meant.
    let chosen = candidates
        .iter()
        .rev()
        .find(|object| object.contains_key("name") && object.contains_key("procedure"))
        .or_else(|| candidates.last());
    let Some(object) = chosen else {
        return Distillation::Unusable("the teacher's answer holds no JSON object".to_owned());
    };
    match read_skill(object) {
        Ok(skill) => Distillation::Skill(skill),
        Err(reason) => Distillation::Unusable(reason),
    }
}

/// Finds every complete JSON object that starts outside of another one.
fn json_objects(text: &str) -> Vec<Map<String, Value>> {
    let mut objects = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let candidate = rest.get(start..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(candidate).into_iter::<Value>();
        match stream.next() {
            Some(Ok(Value::Object(object))) => {
                rest = candidate.get(stream.byte_offset()..).unwrap_or_default();
                objects.push(object);
            }
            _ => rest = candidate.get(1..).unwrap_or_default(),
        }
    }
    objects
}

fn read_skill(object: &Map<String, Value>) -> Result<DistilledSkill, String> {
    if let Some(action) = object.get("action")
        && action.as_str() != Some("add")
    {
        return Err(format!("the teacher's field `action` has to be \"add\", not {action}"));
    }
    let skill = DistilledSkill {
        name: text(object, "name")?,
        description: text(object, "description")?,
        when_to_use: optional_text(object, "when_to_use")?.unwrap_or_default(),
        procedure: list(object, "procedure")?,
        pitfalls: list(object, "pitfalls")?,
        verification: list(object, "verification")?,
        category: optional_text(object, "category")?
            .filter(|category| !category.is_empty())
            .unwrap_or_else(|| "general".to_owned()),
    };
    if skill.procedure.is_empty() {
        return Err("the teacher's field `procedure` has no steps".to_owned());
    }
    Ok(skill)
}

fn text(object: &Map<String, Value>, field: &str) -> Result<String, String> {
    match optional_text(object, field)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("the teacher's field `{field}` is missing or empty")),
    }
}

fn optional_text(object: &Map<String, Value>, field: &str) -> Result<Option<String>, String> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(format!("the teacher's field `{field}` has to be a string")),
    }
}

fn list(object: &Map<String, Value>, field: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("the teacher's field `{field}` has to be a list of strings");
    match object.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(|text| text.trim().to_owned()).ok_or_else(wrong))
            .filter(|item| !matches!(item, Ok(text) if text.is_empty()))
            .collect(),
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Distillation, read_distillation};

    const SKILL: &str = r#"{"action": "add", "name": "count-rows", "description": "Counts rows.",
        "when_to_use": "A CSV file.", "procedure": ["Step 1: run `wc -l`.", "Subtract {1}."],
        "pitfalls": [], "verification": ["Look."], "category": "data", "confidence": 1,
        "status": "published"}"#;

    #[track_caller]
    fn name_of(answer: &str) -> String {
        match read_distillation(answer) {
            Distillation::Skill(skill) => skill.name,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check_unusable(answer: &str, reason: &str) {
        assert_eq!(read_distillation(answer), Distillation::Unusable(reason.to_owned()));
    }

    #[test]
    fn bare_fenced_and_introduced_objects_are_read() {
        assert_eq!(name_of(SKILL), "count-rows");
        assert_eq!(name_of(&format!("```json\n{SKILL}\n```")), "count-rows");
        assert_eq!(name_of(&format!("```{SKILL}```")), "count-rows");
        assert_eq!(
            name_of(&format!("Here {{it}} is:\n~~~JSON\r\n{SKILL}\r\n~~~\nBye.")),
            "count-rows"
        );
    }

    #[test]
    fn an_example_before_the_skill_is_passed_over() {
        let answer = format!("```json\n{{\"tool\": \"bash\"}}\n```\n```json\n{SKILL}\n```");
        assert_eq!(name_of(&answer), "count-rows");
    }

    #[test]
    fn the_word_declines_only_alone() {
        assert_eq!(read_distillation("NO_SKILL"), Distillation::Declined);
        assert_eq!(read_distillation(" `NO_SKILL`.\n"), Distillation::Declined);
        check_unusable("I would say NO_SKILL here.", "the teacher's answer holds no JSON object");
        assert_eq!(name_of(&SKILL.replace("Look.", "NO_SKILL")), "count-rows");
    }

    #[test]
    fn wrong_types_are_refused_by_name() {
        check_unusable(
            &SKILL.replace(r#"["Look."]"#, "3"),
            "the teacher's field `verification` has to be a list of strings",
        );
        check_unusable(
            &SKILL.replace(r#""count-rows""#, "null"),
            "the teacher's field `name` is missing or empty",
        );
        check_unusable(
            &SKILL.replace(r#""add""#, r#""delete""#),
            "the teacher's field `action` has to be \"add\", not \"delete\"",
        );
    }
}
