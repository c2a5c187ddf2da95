//! What an editor does when a proposal is accepted: it applies the edit, and saves.

use serde_json::{Value, json};

use super::{Agent, agent::ASK_LINE};

/// Where the usual lesson is saved.
pub(crate) const SKILL: &str = ".agents/skills/count-csv-rows/SKILL.md";

impl Agent {
    /// Runs the ask line until there is a proposal, and returns the run's id and the proposal's.
    pub(crate) async fn proposed(&mut self, lesson: &Value) -> (String, String) {
        self.teach(&lesson.to_string());
        let run_id = self.ask().await;
        let event = self.event(&run_id, "skill_proposed").await;
        let notes = self.notes();
        self.diagnostic(&notes, "turn/proposal").await;
        (run_id, event["data"]["proposalId"].as_str().unwrap().to_owned())
    }

    /// Waits for the one edit that creates a skill, and returns the request, the address and the
    /// text.
    pub(crate) async fn creation(&mut self) -> (Value, String, String) {
        let request = self.client.server_request("workspace/applyEdit").await;
        let edit = &request["params"]["edit"];
        let changes = edit["documentChanges"].as_array().unwrap();
        let [create, insert] = changes.as_slice() else { panic!("two changes: {edit}") };
        assert_eq!(create["kind"], "create");
        assert_eq!(create["options"]["overwrite"], false);
        assert_ne!(create["options"]["ignoreIfExists"], true);
        assert_eq!(insert["textDocument"]["uri"], create["uri"]);
        assert!(insert["textDocument"].as_object().unwrap().contains_key("version"), "{insert}");
        assert_eq!(insert["textDocument"]["version"], Value::Null);
        assert_eq!(insert["edits"].as_array().unwrap().len(), 1);
        let uri = create["uri"].as_str().unwrap().to_owned();
        let text = insert["edits"][0]["newText"].as_str().unwrap().to_owned();
        (request, uri, text)
    }

    /// Applies that edit as editors do: the file is there and empty, and its buffer has the text.
    pub(crate) async fn apply(&mut self, request: &Value, path: &str, text: &str) {
        self.write(path, "");
        let uri = self.uri(path);
        self.client.open(&uri, "").await;
        self.client.change(&uri, 2, json!([{"text": text}])).await;
        self.client.answer(request, json!({"applied": true})).await;
    }

    /// Saves a document.
    pub(crate) async fn save(&mut self, path: &str, text: &str) {
        self.write(path, text);
        let uri = self.uri(path);
        self.client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}})).await;
    }

    /// Waits to be asked to save a document, and does.
    pub(crate) async fn save_when_asked(&mut self, path: &str, text: &str) {
        let request = self.client.server_request("preceptor/save").await;
        assert_eq!(request["params"], json!({"uri": self.uri(path)}));
        self.save(path, text).await;
        self.client.answer(&request, json!({"saved": true})).await;
    }

    /// Accepts the proposal on the ask line through an editor that saves, and returns the text.
    pub(crate) async fn accept(&mut self) -> String {
        let notes = self.notes();
        let id = self.start_action(&notes, ASK_LINE, "Accept skill").await;
        let (request, uri, text) = self.creation().await;
        assert_eq!(uri, self.uri(SKILL));
        self.apply(&request, SKILL, &text).await;
        self.save_when_asked(SKILL, &text).await;
        let answer = self.client.answer_to(id).await;
        assert_eq!(answer["result"], json!({"uri": uri, "name": "count-csv-rows"}), "{answer}");
        text
    }
}
