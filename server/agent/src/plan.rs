//! The model's own list of what is to do.
//!
//! The tool `plan` replaces the whole list with each call. Nothing is performed: the list is
//! shown, and a final answer with open items in it is sent back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest text of an item, in characters.
const ITEM_CHARS: usize = 500;
/// Most items of a list.
const MAX_ITEMS: usize = 100;

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Nobody has begun it.
    Pending,
    /// It is worked on; one item at a time.
    InProgress,
    /// It is done.
    Completed,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanItem {
    /// Tells the items of a list apart.
    pub id: String,
    /// What is to do.
    pub content: String,
    /// How far it has come.
    pub status: PlanStatus,
}

/// What is to do, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan {
    /// The items.
    pub items: Vec<PlanItem>,
}

impl Plan {
    /// Reads the arguments of a call of `plan`.
    ///
    /// # Errors
    /// What is wrong with them, as half a sentence for the model.
    pub fn parse(arguments: &Map<String, Value>) -> Result<Self, String> {
        let items = arguments.get("items").and_then(Value::as_array);
        let items = items.ok_or("the argument `items` has to be a list")?;
        if items.len() > MAX_ITEMS {
            return Err(format!("a plan has at most {MAX_ITEMS} items, this one {}", items.len()));
        }
        let items = (1..).zip(items).map(|(number, item)| read_item(number, item));
        let plan = Self { items: items.collect::<Result<_, String>>()? };
        for (item_idx, item) in plan.items.iter().enumerate() {
            if plan.items.iter().take(item_idx).any(|earlier| earlier.id == item.id) {
                return Err(format!("two items have the id `{}`", item.id));
            }
        }
        let under_way = plan.with_status(PlanStatus::InProgress);
        if let [first, second, ..] = under_way.as_slice() {
            return Err(format!(
                "one item at a time can be `in_progress`, but `{}` and `{}` are",
                first.id, second.id
            ));
        }
        Ok(plan)
    }

    /// Returns the items that are not completed.
    pub fn open_items(&self) -> Vec<&PlanItem> {
        self.items.iter().filter(|item| item.status != PlanStatus::Completed).collect()
    }

    /// Returns what the model reads after a call of `plan`.
    pub(crate) fn receipt(&self) -> String {
        let (n_items, n_open) = (self.items.len(), self.open_items().len());
        format!("The plan is noted: {} of {n_items} items are completed.", n_items - n_open)
    }

    fn with_status(&self, status: PlanStatus) -> Vec<&PlanItem> {
        self.items.iter().filter(|item| item.status == status).collect()
    }
}

fn read_item(number: usize, item: &Value) -> Result<PlanItem, String> {
    let text = |key: &str| match item.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        // Models count their items.
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let content = text("content").ok_or(format!("item {number} has no `content`"))?;
    if content.chars().count() > ITEM_CHARS {
        return Err(format!("item {number} is longer than {ITEM_CHARS} characters"));
    }
    let status = item.get("status").cloned().unwrap_or_default();
    Ok(PlanItem {
        id: text("id").unwrap_or_else(|| number.to_string()),
        content,
        status: serde_json::from_value(status).map_err(|_| {
            format!("the `status` of item {number} has to be pending, in_progress or completed")
        })?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Plan;

    fn parse(items: &Value) -> Result<Plan, String> {
        let Value::Object(arguments) = json!({ "items": items }) else { unreachable!() };
        Plan::parse(&arguments)
    }

    #[test]
    fn a_plan_replaces_the_one_before_it_and_says_how_far_it_is() {
        let plan = parse(&json!([
            {"id": "a", "content": "Look", "status": "completed"},
            {"id": 2, "content": "Count", "status": "in_progress"},
            {"content": "Answer", "status": "pending"},
        ]))
        .unwrap();
        let ids: Vec<&str> = plan.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["a", "2", "3"]);
        assert_eq!(plan.open_items().len(), 2);
        assert_eq!(plan.receipt(), "The plan is noted: 1 of 3 items are completed.");
        assert_eq!(parse(&json!([])), Ok(Plan::default()));
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_said() {
        let item = |id: &str, status: &str| json!({"id": id, "content": "x", "status": status});
        for (items, expected) in [
            (
                json!([item("a", "in_progress"), item("b", "in_progress")]),
                "one item at a time can be `in_progress`, but `a` and `b` are",
            ),
            (json!([item("a", "pending"), item("a", "pending")]), "two items have the id `a`"),
            (
                json!([item("a", "done")]),
                "the `status` of item 1 has to be pending, in_progress or completed",
            ),
            (json!([{"id": "a", "status": "pending"}]), "item 1 has no `content`"),
            (json!(["look"]), "item 1 has no `content`"),
            (json!("look"), "the argument `items` has to be a list"),
        ] {
            assert_eq!(parse(&items), Err(expected.to_owned()));
        }
    }
}
